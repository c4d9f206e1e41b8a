using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Trees of layers as text, one object an item, items two blanks apart. Directories on the way are made as needed.
/// </summary>
/// <remarks>
/// <code>
/// a/b = "text"          a file               a/b whiteout           a whiteout as the kernel makes it
/// a/b -> "target"       a symbolic link      a/b marked-whiteout    an empty file with the whiteout mark (its directory: opaque=x)
/// a/b/                  a directory          a/b/ opaque            with the mark; also opaque=x, opaque=fuse, redirect="/c"
/// a/b fifo              a named pipe         a/b metacopy(9)        metadata of a file of 9 bytes; also redirect="/c", metacopy(9,broken)
/// a/b is a/c            a hard link
/// </code>
/// </remarks>
internal static partial class LayerText
{
    private static readonly DirFd Root = OpenRoot();

    public static void Make(string root, string text, MarkFamily family)
    {
        foreach (var item in Items(text)) MakeItem(root, item, family);
    }

    /// <summary>The items of a text in one spelling and order, to be compared.</summary>
    public static string[] Normalize(string text) => [.. Items(text).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Items(string text) => ItemPattern().Split(text.Trim()).Where(i => i.Length > 0);

    /// <summary>What lies in an upper, with its marks but those that say nothing of names (origin, impure, nlink).</summary>
    public static string[] Describe(string root)
    {
        var items = new List<string>();
        Describe(root, "", items);
        return [.. items.Order(StringComparer.Ordinal)];
    }

    private static void Describe(string root, string path, List<string> items)
    {
        foreach (var full in Directory.GetFileSystemEntries($"{root}/{path}"))
        {
            var name = Path.GetFileName(full);
            var at = path.Length > 0 ? $"{path}/{name}" : name;
            if (name == ".wh..wh..opq") continue;
            if (name.StartsWith(".wh.", StringComparison.Ordinal))
            {
                items.Add($"{(path.Length > 0 ? path + "/" : "")}{name[4..]} whiteout");
                continue;
            }
            var status = StatusOf(full);
            if (status.IsWhiteoutDevice || HasMark(full, "whiteout")) items.Add($"{at} whiteout");
            else if (status.Type == FileType.Symlink) items.Add($"{at} -> \"{File.ResolveLinkTarget(full, false)!.ToString()[(Path.GetDirectoryName(full)!.Length + 1)..]}\"");
            else if (status.Type == FileType.Fifo) items.Add($"{at} fifo");
            else if (status.IsDirectory)
            {
                var before = items.Count;
                Describe(root, at, items);
                var marks = $"{(MarkOf(full, "opaque") == "y" || File.Exists($"{full}/.wh..wh..opq") ? " opaque" : "")}{Redirect(full)}";
                if (marks.Length > 0 || items.Count == before) items.Add($"{at}/{marks}");
            }
            else if (HasMark(full, "metacopy")) items.Add($"{at} metacopy({status.Size}){Redirect(full)}");
            else items.Add($"{at} = \"{File.ReadAllText(full)}\"");
        }
    }

    /// <summary>The union as a process would see it; what cannot be looked at or read shows its error.</summary>
    public static string[] Describe(Kernel kernel)
    {
        var items = new List<string>();
        Describe(kernel, "", items);
        return [.. items.Order(StringComparer.Ordinal)];
    }

    private static void Describe(Kernel kernel, string path, List<string> items)
    {
        var error = kernel.List(path, out var names, plus: false, room: 400);
        if (error != Errno.None)
        {
            items.Add($"{path}/ ! {error}");
            return;
        }
        error = kernel.List(path, out var again, plus: true, room: 700);
        if (error != Errno.None || !names.Select(n => n.Text).SequenceEqual(again.Select(n => n.Text))) items.Add($"{path}/ READDIRPLUS gives {error} {string.Join(' ', again.Select(n => n.Text))}");
        if (names.Count == 0 && path.Length > 0) items.Add($"{path}/");
        foreach (var (name, plus) in names.Zip(again))
        {
            var at = path.Length > 0 ? $"{path}/{Encoding.UTF8.GetString(name.Name)}" : Encoding.UTF8.GetString(name.Name);
            error = kernel.Find(at, out var entry);
            if (error != Errno.None)
            {
                items.Add($"{at} ! {error}");
                continue;
            }
            var type = Mode.TypeOf(entry.Attributes.Mode);
            if (type != name.Type) items.Add($"{at} is listed as {name.Type} and is {type}");
            if (entry.Attributes.Inode != name.Inode) items.Add($"{at} has d_ino {name.Inode:x} and st_ino {entry.Attributes.Inode:x}");
            if (plus.Entry.Node != Fuse.NodeId.None && Same(plus.Entry.Attributes) != Same(entry.Attributes)) items.Add($"{at} is {Same(plus.Entry.Attributes)} by READDIRPLUS and {Same(entry.Attributes)} by LOOKUP");
            switch (type)
            {
                case FileType.Directory:
                    Describe(kernel, at, items);
                    break;
                case FileType.Symlink:
                    items.Add($"{at} -> \"{kernel.ReadLink(at)}\"");
                    break;
                case FileType.Regular:
                    error = kernel.Read(at, out var bytes);
                    items.Add(error == Errno.None ? $"{at} = \"{Encoding.UTF8.GetString(bytes)}\"" : $"{at} ! {error}");
                    break;
                default:
                    items.Add($"{at} {(type == FileType.Fifo ? "fifo" : type.ToString())}");
                    break;
            }
        }
    }

    private static string Same(in Fuse.Attributes a) => $"inode {a.Inode:x} size {a.Size} mode {a.Mode:x} links {a.LinkCount} blocks {a.Blocks} changed {a.ModifySeconds}.{a.ModifyNanoseconds}";

    /// <summary>All there is to know of a tree, to see whether anything changed.</summary>
    public static IEnumerable<string> Snapshot(string full)
    {
        var status = StatusOf(full);
        var list = new byte[4096];
        var length = 0;
        if (status.Type != FileType.Symlink) Check(Syscall.ListXattrAt(Root, Relative(full), list, out length));
        var xattrs = Encoding.UTF8.GetString(list, 0, length).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        var values = string.Join(' ', xattrs.Select(name => $"{name}={XattrOf(full, name)}"));
        var bytes = status.Type == FileType.Regular ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(full))) : "";
        yield return $"{full} {status.Inode} {status.LinkCount} {status.Mode:x} {status.Uid} {status.Gid} {status.Size} {status.ModifyTime} {status.ChangeTime} {status.RdevMajor} {status.RdevMinor} {values} {bytes}";
        if (!status.IsDirectory) yield break;
        foreach (var line in Directory.GetFileSystemEntries(full).Order(StringComparer.Ordinal).SelectMany(Snapshot)) yield return line;
    }

    private static string? XattrOf(string full, string name)
    {
        Span<byte> value = stackalloc byte[4096];
        return Syscall.GetXattrAt(Root, Relative(full), Encoding.UTF8.GetBytes(name), value, out var length) == Errno.None ? Encoding.UTF8.GetString(value[..length]) : null;
    }

    private static void MakeItem(string root, string item, MarkFamily family)
    {
        var match = PathPattern().Match(item);
        var path = match.Groups[1].Value;
        var rest = match.Groups[2].Value.Trim();
        var full = $"{root}/{path.TrimEnd('/')}";
        Directory.CreateDirectory(path.EndsWith('/') ? full : Path.GetDirectoryName(full)!);
        if (rest.StartsWith("= ", StringComparison.Ordinal)) File.WriteAllText(full, Quoted(rest));
        else if (rest.StartsWith("-> ", StringComparison.Ordinal)) Check(Syscall.SymlinkAt(Encoding.UTF8.GetBytes(Quoted(rest)), Root, Relative(full)));
        else if (rest.StartsWith("is ", StringComparison.Ordinal)) Check(Syscall.LinkAt(Root, Relative($"{root}/{rest[3..]}"), Root, Relative(full)));
        else if (rest == "fifo") Check(Syscall.MknodAt(Root, Relative(full), (uint)FileType.Fifo | 0x1A4, 0, 0));
        else if (rest == "whiteout") Check(Syscall.MknodAt(Root, Relative(full), (uint)FileType.CharDevice, 0, 0));
        else if (rest == "marked-whiteout")
        {
            File.WriteAllText(full, "");
            SetMark(full, "whiteout", "", family);
            SetMark(Path.GetDirectoryName(full)!, "opaque", "x", family);
        }
        else if (rest.StartsWith("metacopy(", StringComparison.Ordinal))
        {
            var arguments = rest[9..rest.IndexOf(')')].Split(',');
            File.WriteAllText(full, "");
            using (var file = File.OpenWrite(full)) file.SetLength(int.Parse(arguments[0], CultureInfo.InvariantCulture));
            SetMark(full, "metacopy", arguments.Length > 1 ? "ab" : "", family);
            SetRedirect(full, rest, family);
        }
        else
        {
            if (!path.EndsWith('/')) throw new FormatException(item);
            if (rest.Contains("opaque=x", StringComparison.Ordinal)) SetMark(full, "opaque", "x", family);
            else if (rest.Contains("opaque=broken", StringComparison.Ordinal)) SetMark(full, "opaque", "yes", family);
            else if (rest.Contains("opaque=fuse", StringComparison.Ordinal)) Check(Syscall.SetXattrAt(Root, Relative(full), MarkNames.FuseOverlayFsOpaque, "y"u8, XattrFlags.None));
            else if (rest.Contains("opaque", StringComparison.Ordinal)) SetMark(full, "opaque", "y", family);
            SetRedirect(full, rest, family);
        }
    }

    private static void SetRedirect(string full, string rest, MarkFamily family)
    {
        var redirect = RedirectPattern().Match(rest);
        if (redirect.Success) SetMark(full, "redirect", redirect.Groups[1].Value, family);
    }

    private static void SetMark(string full, string mark, string value, MarkFamily family) =>
        Check(Syscall.SetXattrAt(Root, Relative(full), Encoding.UTF8.GetBytes($"{(family == MarkFamily.Trusted ? "trusted" : "user")}.overlay.{mark}"), Encoding.UTF8.GetBytes(value), XattrFlags.None));

    private static string? MarkOf(string full, string mark) => XattrOf(full, $"trusted.overlay.{mark}") ?? XattrOf(full, $"user.overlay.{mark}");

    private static bool HasMark(string full, string mark) => MarkOf(full, mark) is not null;

    private static string Redirect(string full) => MarkOf(full, "redirect") is { } redirect ? $" redirect=\"{redirect}\"" : "";

    private static FileStatus StatusOf(string full)
    {
        Check(Syscall.StatAt(Root, Relative(full), cached: false, out var status));
        return status;
    }

    private static byte[] Relative(string full) => Encoding.UTF8.GetBytes(full.TrimStart('/'));

    private static DirFd OpenRoot()
    {
        Check(Syscall.Open("/", OpenFlags.Path | OpenFlags.Directory, out var fd));
        return new DirFd(fd.Number);
    }

    private static string Quoted(string text) => text[(text.IndexOf('"') + 1)..text.LastIndexOf('"')];

    private static void Check(Errno error)
    {
        if (error != Errno.None) throw new IOException(error.ToString());
    }

    [GeneratedRegex(@" {2,}|\r?\n\s*")]
    private static partial Regex ItemPattern();

    [GeneratedRegex(@"^(\S+)(.*)$", RegexOptions.Singleline)]
    private static partial Regex PathPattern();

    [GeneratedRegex("redirect=\"([^\"]*)\"")]
    private static partial Regex RedirectPattern();
}
