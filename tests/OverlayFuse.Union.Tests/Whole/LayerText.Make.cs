using System.Globalization;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal static partial class LayerText
{
    // cap_net_bind_service+ep, as setcap(8) writes it.
    private static readonly byte[] Capability = Convert.FromHexString("0100000200040000000000000000000000000000");

    private static readonly DirFd Root = OpenRoot();

    public static void Make(string root, string text, MarkFamily family)
    {
        var items = Items(text).Select(i => Words(i)).ToList();
        foreach (var item in items) MakeItem(root, item, family);
        // Times last: whatever is made in a directory changes its own.
        foreach (var item in items)
        {
            if (item.FirstOrDefault(w => w.StartsWith("time=", StringComparison.Ordinal)) is not { } time) continue;
            var stamp = new Timestamp(long.Parse(time[5..], CultureInfo.InvariantCulture), 0);
            Check(Syscall.UtimensAt(Root, Relative($"{root}/{item[0].TrimEnd('/')}"), stamp, stamp));
        }
    }

    private static void MakeItem(string root, string[] item, MarkFamily family)
    {
        var (path, kind) = (item[0], item.Length > 1 ? item[1] : "");
        var full = $"{root}/{path.TrimEnd('/')}";
        var at = Relative(full);
        MakeDirectories(path.EndsWith('/') ? at : at[..Array.LastIndexOf(at, (byte)'/')]);
        switch (kind)
        {
            case "=": MakeFile(at, item.Skip(2).Where(IsContent)); break;
            case "->": Check(Syscall.SymlinkAt(Bytes(Quoted(item[2])), Root, at)); break;
            case "is": Check(Syscall.LinkAt(Root, Relative($"{root}/{item[2]}"), Root, at)); return;
            case "fifo": Check(Syscall.MknodAt(Root, at, (uint)FileType.Fifo | 0x1A4, 0, 0)); break;
            case "socket": Check(Syscall.MknodAt(Root, at, (uint)FileType.Socket | 0x1A4, 0, 0)); break;
            case "oci-whiteout":
                var slash = Array.LastIndexOf(at, (byte)'/') + 1;
                MakeFile([.. at[..slash], .. ".wh."u8, .. at[slash..]], []);
                return;
            case "whiteout": Check(Syscall.MknodAt(Root, at, (uint)FileType.CharDevice, 0, 0)); break;
            case "marked-whiteout":
                MakeFile(at, []);
                SetMark(at, "whiteout", []);
                SetMark(at[..Array.LastIndexOf(at, (byte)'/')], "opaque", "x"u8);
                break;
            case var _ when (Argument(kind, "device") ?? Argument(kind, "block")) is { } number:
                var type = kind[0] == 'b' ? FileType.BlockDevice : FileType.CharDevice;
                var numbers = number.Split(':');
                Check(Syscall.MknodAt(Root, at, (uint)type | 0x1A4, uint.Parse(numbers[0], null), uint.Parse(numbers[1], null)));
                break;
            case var _ when Argument(kind, "metacopy") is { } argument:
                var arguments = argument.Split(',');
                MakeFile(at, [$"hole({arguments[0]})"]);
                SetMark(at, "metacopy", arguments.Length > 1 ? "ab"u8 : []);
                break;
            default:
                if (!path.EndsWith('/')) throw new FormatException(string.Join(' ', item));
                break;
        }
        foreach (var word in item.Skip(1)) SetAttribute(at, word);
        foreach (var word in item.Skip(1).Where(w => w.StartsWith("owner=", StringComparison.Ordinal)))
        {
            var ids = word[6..].Split(':');
            Check(Syscall.ChownAt(Root, at, uint.Parse(ids[0], null), uint.Parse(ids[1], null)));
        }
        // After the owner: a change of that takes setuid, setgid and capabilities away.
        foreach (var word in item.Skip(1).Where(w => w.StartsWith("mode=", StringComparison.Ordinal))) Check(Syscall.ChmodAt(Root, at, Convert.ToUInt32(word[5..], 8)));
        if (item.Contains("cap")) SetXattr(at, "security.capability"u8, Capability);

        void SetAttribute(byte[] at, string word)
        {
            switch (word)
            {
                case "opaque": SetMark(at, "opaque", "y"u8); break;
                case "oci-opaque": MakeFile([.. at, .. "/.wh..wh..opq"u8], []); break;
                case "opaque=x": SetMark(at, "opaque", "x"u8); break;
                case "opaque=broken": SetMark(at, "opaque", "yes"u8); break;
                case "opaque=fuse": SetXattr(at, MarkNames.FuseOverlayFsOpaque, "y"u8); break;
            }
            if (word.IndexOf("=\"", StringComparison.Ordinal) is not (var end and > 0)) return;
            var value = Quoted(word);
            switch (word[..end])
            {
                case "redirect": SetMark(at, "redirect", Bytes(value)); break;
                case "acl": SetXattr(at, "system.posix_acl_access"u8, AclTests.Make(value)); break;
                case "default-acl": SetXattr(at, "system.posix_acl_default"u8, AclTests.Make(value)); break;
                case var mark when mark.StartsWith("overlay.", StringComparison.Ordinal): SetMark(at, mark[8..], Bytes(value)); break;
                case var name: SetXattr(at, Bytes(name), Bytes(value)); break;
            }
        }

        void SetMark(byte[] at, string mark, ReadOnlySpan<byte> value) => SetXattr(at, Bytes($"{(family == MarkFamily.Trusted ? "trusted" : "user")}.overlay.{mark}"), value);
    }

    private static bool IsContent(string word) => word[0] == '"' || Argument(word, "hole") is not null || Argument(word, "file") is not null;

    private static void MakeFile(byte[] at, IEnumerable<string> content)
    {
        Check(Syscall.OpenAt(Root, at, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x1A4, out var file));
        long offset = 0;
        foreach (var word in content)
        {
            var bytes = Content([word]);
            if (Argument(word, "hole") is null) Check(Syscall.PWrite(file, bytes, offset, out _));
            offset += bytes.Length;
        }
        Check(Syscall.Truncate(file, offset));
        Check(Syscall.Chmod(file, 0x1A4));
        file.Close();
    }

    private static void MakeDirectories(byte[] at)
    {
        if (at.Length == 0 || Syscall.MkdirAt(Root, at, 0x1ED) is var error && error == Errno.EXIST) return;
        if (error == Errno.NOENT)
        {
            MakeDirectories(at[..Math.Max(0, Array.LastIndexOf(at, (byte)'/'))]);
            error = Syscall.MkdirAt(Root, at, 0x1ED);
        }
        Check(error);
        Check(Syscall.ChmodAt(Root, at, 0x1ED));
    }

    private static void SetXattr(byte[] at, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Check(Syscall.SetXattrAt(Root, at, name, value, XattrFlags.None));

    private static byte[] Relative(string full) => Bytes(full.TrimStart('/'));

    private static DirFd OpenRoot()
    {
        Check(Syscall.Open("/", OpenFlags.Path | OpenFlags.Directory, out var fd));
        return new DirFd(fd.Number);
    }

    private static void Check(Errno error)
    {
        if (error != Errno.None) throw new IOException(error.ToString());
    }
}
