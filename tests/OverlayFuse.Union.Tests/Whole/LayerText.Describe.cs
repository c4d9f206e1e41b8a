using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal static partial class LayerText
{
    /// <summary>What lies in an upper, with its marks but those that say nothing of names (origin, impure, nlink).</summary>
    /// <param name="byMarks">Types are those that the marks of its objects say.</param>
    public static string[] Describe(string root, bool byMarks = false)
    {
        var items = new List<string>();
        Describe(root, "", byMarks, items);
        return [.. items.Order(StringComparer.Ordinal)];
    }

    private static void Describe(string root, string path, bool byMarks, List<string> items)
    {
        foreach (var name in Names($"{root}/{path}"))
        {
            var full = path.Length > 0 ? $"{root}/{path}/{name}" : $"{root}/{name}";
            var at = path.Length > 0 ? $"{path}/{name}" : name;
            if (name == ".wh..wh..opq") continue;
            if (name.StartsWith(".wh.", StringComparison.Ordinal))
            {
                items.Add($"{(path.Length > 0 ? path + "/" : "")}{name[4..]} whiteout");
                continue;
            }
            var status = StatusOf(full);
            if (byMarks) Check(Overrides.Show(OverrideForm.Containers, Root, Relative(full), ref status));
            if (status.IsWhiteoutDevice || HasMark(full, "whiteout")) items.Add($"{at} whiteout");
            else if (status.IsDirectory)
            {
                var before = items.Count;
                Describe(root, at, byMarks, items);
                var marks = $"{(MarkOf(full, "opaque") == "y" || Names(full).Contains(".wh..wh..opq") ? " opaque" : "")}{Redirect(full)}";
                if (marks.Length > 0 || items.Count == before) items.Add($"{at}/{marks}");
            }
            else if (HasMark(full, "metacopy")) items.Add($"{at} metacopy({status.Size}){Redirect(full)}");
            else if (status.Type == FileType.Regular) items.Add($"{at} = {Show(BytesOf(full))}");
            else items.Add($"{at} {Special(status.Type, status.RdevMajor, status.RdevMinor, () => TargetOf(full))}");
        }
    }

    /// <summary>The union as a process would see it; what cannot be looked at or read shows its error.</summary>
    public static string[] Describe(IActor actor)
    {
        var items = new List<string>();
        Describe(actor, "", items);
        return [.. items.Order(StringComparer.Ordinal)];
    }

    private static void Describe(IActor actor, string path, List<string> items)
    {
        var error = actor.List(path, out var names);
        if (error != Errno.None)
        {
            items.Add($"{path}/ ! {error}");
            return;
        }
        if (actor is Kernel kernel) ComparePlus(kernel, path, names, items);
        if (names.Count == 0 && path.Length > 0) items.Add($"{path}/");
        foreach (var name in names)
        {
            var at = path.Length > 0 ? $"{path}/{Text(name.Name)}" : Text(name.Name);
            error = actor.Stat(at, out var status);
            if (error != Errno.None)
            {
                items.Add($"{at} ! {error}");
                continue;
            }
            if (status.Type != name.Type) items.Add($"{at} is listed as {name.Type} and is {status.Type}");
            if (status.Inode != name.Inode) items.Add($"{at} has d_ino {name.Inode:x} and st_ino {status.Inode:x}");
            switch (status.Type)
            {
                case FileType.Directory:
                    Describe(actor, at, items);
                    break;
                case FileType.Regular:
                    error = actor.Read(at, out var bytes);
                    items.Add(error == Errno.None ? $"{at} = {Show(bytes)}" : $"{at} ! {error}");
                    break;
                default:
                    items.Add($"{at} {Special(status.Type, status.RdevMajor, status.RdevMinor, () => actor.ReadLink(at, out var target) == Errno.None ? Text(target) : "?")}");
                    break;
            }
        }
    }

    /// <summary>READDIRPLUS gives the names that READDIR gives, and the attributes that LOOKUP gives.</summary>
    private static void ComparePlus(Kernel kernel, string path, List<Listed> names, List<string> items)
    {
        var error = kernel.List(path, out var again, plus: true, room: 700);
        if (error != Errno.None || !names.Select(n => n.Text).SequenceEqual(again.Select(n => n.Text))) items.Add($"{path}/ READDIRPLUS gives {error} {string.Join(' ', again.Select(n => n.Text))}");
        foreach (var name in again.Where(n => n.Entry.Node != Fuse.NodeId.None))
        {
            var at = path.Length > 0 ? $"{path}/{Text(name.Name)}" : Text(name.Name);
            if (kernel.Find(at, out var entry) == Errno.None && Same(name.Entry.Attributes) != Same(entry.Attributes)) items.Add($"{at} is {Same(name.Entry.Attributes)} by READDIRPLUS and {Same(entry.Attributes)} by LOOKUP");
        }

        static string Same(in Fuse.Attributes a) => $"inode {a.Inode:x} size {a.Size} mode {a.Mode:x} links {a.LinkCount} blocks {a.Blocks} changed {a.ModifySeconds}.{a.ModifyNanoseconds}";
    }

    private static string Special(FileType type, uint major, uint minor, Func<string> target) => type switch
    {
        FileType.Symlink => $"-> \"{target()}\"",
        FileType.Fifo => "fifo",
        FileType.Socket => "socket",
        FileType.CharDevice => $"device({major}:{minor})",
        FileType.BlockDevice => $"block({major}:{minor})",
        _ => type.ToString(),
    };

    /// <summary>All there is to know of a tree, to see whether anything changed.</summary>
    public static IEnumerable<string> Snapshot(string full)
    {
        var status = StatusOf(full);
        var list = new byte[4096];
        Check(Syscall.ListXattrAt(Root, Relative(full), list, out var length));
        var xattrs = Encoding.UTF8.GetString(list, 0, length).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);
        var values = string.Join(' ', xattrs.Select(name => $"{name}={XattrOf(full, name)}"));
        var bytes = status.Type == FileType.Regular ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(BytesOf(full))) : "";
        yield return $"{full} {status.Inode} {status.LinkCount} {status.Mode:x} {status.Uid} {status.Gid} {status.Size} {status.ModifyTime} {status.ChangeTime} {status.RdevMajor} {status.RdevMinor} {values} {bytes}";
        if (!status.IsDirectory) yield break;
        foreach (var line in Names(full).SelectMany(name => Snapshot($"{full}/{name}"))) yield return line;
    }

    private static List<string> Names(string full)
    {
        Check(Syscall.OpenAt(Root, Relative(full), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var directory));
        var names = new List<string>();
        var buffer = new byte[32768];
        while (Syscall.GetDents(directory, buffer, out var length) == Errno.None && length > 0)
        {
            var entries = new DirectoryEntries(buffer.AsSpan(0, length));
            while (entries.MoveNext())
            {
                if (!entries.IsDotOrDotDot) names.Add(Text(entries.Name));
            }
        }
        directory.Close();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    public static byte[] BytesOf(string full)
    {
        Check(Syscall.OpenAt(Root, Relative(full), OpenFlags.ReadOnly | OpenFlags.NoFollow, 0, out var file));
        Check(Syscall.Stat(file, out var status));
        var bytes = new byte[status.Size];
        for (var at = 0; at < bytes.Length;)
        {
            Check(Syscall.PRead(file, bytes.AsSpan(at), at, out var count));
            if (count == 0) throw new EndOfStreamException(full);
            at += count;
        }
        file.Close();
        return bytes;
    }

    private static string TargetOf(string full)
    {
        var target = new byte[4096];
        Check(Overrides.ReadLink(OverrideForm.Containers, Root, Relative(full), target, out var length));
        return Text(target.AsSpan(0, length));
    }

    private static string? XattrOf(string full, string name)
    {
        Span<byte> value = stackalloc byte[4096];
        return Syscall.GetXattrAt(Root, Relative(full), Encoding.UTF8.GetBytes(name), value, out var length) == Errno.None ? Text(value[..length]) : null;
    }

    private static string? MarkOf(string full, string mark) => XattrOf(full, $"trusted.overlay.{mark}") ?? XattrOf(full, $"user.overlay.{mark}");

    private static bool HasMark(string full, string mark) => MarkOf(full, mark) is not null;

    private static string Redirect(string full) => MarkOf(full, "redirect") is { } redirect ? $" redirect=\"{redirect}\"" : "";

    private static FileStatus StatusOf(string full)
    {
        Check(Syscall.StatAt(Root, Relative(full), cached: false, out var status));
        return status;
    }
}
