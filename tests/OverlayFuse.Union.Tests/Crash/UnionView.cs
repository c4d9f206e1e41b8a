using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>All that a union shows, one line an object: what must be the old or the new after a change that was cut short.</summary>
/// <remarks>
/// Left out is what may differ without anybody having changed it: the size and times of directories, their link counts (a directory that
/// was copied up is a merged one), the numbers of objects that were made in the upper, and which moment "now" was.
/// </remarks>
internal static class UnionView
{
    private const int LayerShift = 48;
    private static readonly long Recently = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 86400;

    public static string[] Of(Kernel kernel)
    {
        var lines = new List<string>();
        Look(kernel, "", lines, new Dictionary<ulong, string>());
        return [.. lines];
    }

    private static void Look(Kernel kernel, string path, List<string> lines, Dictionary<ulong, string> own)
    {
        var error = kernel.Find(path, out var entry);
        if (error != Errno.None)
        {
            lines.Add($"{path} ! {error}");
            return;
        }
        var a = entry.Attributes;
        var type = Mode.TypeOf(a.Mode);
        var identity = a.Inode >> LayerShift != 0 ? a.Inode.ToString("x", CultureInfo.InvariantCulture) : own.TryAdd(a.Inode, path) ? "own" : $"own, as {own[a.Inode]}";
        var counted = type == FileType.Directory ? "" : $" links {a.LinkCount} size {a.Size} changed {(a.ModifySeconds > Recently ? "now" : a.ModifySeconds)}";
        lines.Add($"/{path} {type} {Convert.ToString(a.Mode & Mode.Permissions, 8)} {a.Uid}:{a.Gid} is {identity}{counted} {Content(kernel, path, type, a.Rdev)}{Xattrs(kernel, entry.Node)}");
        if (type != FileType.Directory) return;

        error = kernel.List(path, out var names);
        if (error != Errno.None) lines.Add($"/{path} ! list: {error}");
        foreach (var twice in names.GroupBy(n => n.Text).Where(g => g.Count() > 1)) lines.Add($"/{path} lists {twice.Key} {twice.Count()} times");
        foreach (var name in names.OrderBy(n => n.Text, StringComparer.Ordinal)) Look(kernel, path.Length > 0 ? $"{path}/{name.Text}" : name.Text, lines, own);
    }

    private static string Content(Kernel kernel, string path, FileType type, uint device)
    {
        if (type == FileType.Symlink) return kernel.ReadLink(path, out var target) is var failed and not Errno.None ? $"! read: {failed}" : $"-> {Encoding.UTF8.GetString(target)}";
        if (type is FileType.CharDevice or FileType.BlockDevice) return $"device {device}";
        if (type != FileType.Regular) return "";
        var error = kernel.Read(path, out var bytes);
        if (error != Errno.None) return $"! read: {error}";
        return bytes.Length < 40 ? $"\"{Encoding.UTF8.GetString(bytes).Replace('\0', '0')}\"" : Convert.ToHexString(SHA256.HashData(bytes))[..12];
    }

    private static string Xattrs(Kernel kernel, NodeId node)
    {
        var list = new byte[4096];
        var error = kernel.Union.ListXattr(kernel.Request, node, list, out var length);
        if (error != Errno.None) return $" ! xattrs: {error}";
        var text = new StringBuilder();
        foreach (var name in Encoding.UTF8.GetString(list, 0, length).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))
        {
            var value = new byte[4096];
            error = kernel.Union.GetXattr(kernel.Request, node, Encoding.UTF8.GetBytes(name), value, out length);
            text.Append(CultureInfo.InvariantCulture, $" {name}={(error == Errno.None ? Convert.ToHexString(value.AsSpan(0, length)) : error.ToString())}");
        }
        return text.ToString();
    }
}
