using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>All that a process can learn of a tree and of what it has open, as one line for each object.</summary>
internal static class Inventory
{
    private const long Recent = 1_000_000_000; // what was given a time is older

    /// <param name="descriptors">Those that are open, and whether for reading.</param>
    /// <param name="isKernel">It is kernel overlayfs, or compared with it.</param>
    public static string[] Of(IActor actor, IReadOnlyDictionary<string, bool> descriptors, bool isKernel)
    {
        var lines = new List<string>();
        var names = new Dictionary<ulong, string>();
        Directory(actor, "", lines, names, isKernel);
        foreach (var (descriptor, isReadable) in descriptors.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            var error = actor.Stat(descriptor, out var status);
            lines.Add(error != Errno.None ? $"{descriptor} ! {error}" : $"{descriptor} {Status(status, IsCounted(status), isKernel)}{names.GetValueOrDefault(status.Inode, " without a name")}{Content(actor, descriptor, status, isReadable)}");
        }
        return [.. lines];

        // expected-differences.md: "the kernel tells the link count of the lower inode while a file was not copied up", and of a removed directory.
        bool IsCounted(in FileStatus status) => !isKernel || names.ContainsKey(status.Inode);
    }

    private static void Directory(IActor actor, string path, List<string> lines, Dictionary<ulong, string> names, bool isKernel)
    {
        var error = actor.List(path, out var listed);
        if (error != Errno.None) lines.Add($"{path}/ ! {error}");
        foreach (var name in listed.OrderBy(n => n.Text, StringComparer.Ordinal))
        {
            var at = path.Length > 0 ? $"{path}/{LayerText.Text(name.Name)}" : LayerText.Text(name.Name);
            error = actor.Stat(at, out var status);
            if (error != Errno.None)
            {
                lines.Add($"{at} ! {error}");
                continue;
            }
            if (status.Type != name.Type) lines.Add($"{at} is listed as {name.Type}");
            // The kernel lists other inode numbers than it stats in directories that it has not made itself.
            if (status.Inode != name.Inode && !isKernel) lines.Add($"{at} is listed with another inode number");
            var link = names.TryAdd(status.Inode, $" is {at}") ? "" : names[status.Inode];
            lines.Add($"{at} {Status(status, !status.IsDirectory, isKernel)}{link}{Attributes(actor, at)}{Content(actor, at, status, isReadable: true)}");
            if (status.IsDirectory) Directory(actor, at, lines, names, isKernel);
        }
    }

    // expected-differences.md: "the kernel brings the bytes of a metacopy up when it is opened for writing", and the time becomes that moment.
    private static string Status(in FileStatus status, bool isCounted, bool isKernel) =>
        $"{status.Type.ToString().ToLowerInvariant()} mode={Convert.ToString(status.Mode & Mode.Permissions, 8)} owner={status.Uid}:{status.Gid}"
        + (isCounted && !status.IsDirectory ? $" nlink={status.LinkCount}" : "")
        + (status.IsDirectory ? "" : $" size={status.Size}")
        + (status.ModifyTime.Seconds < Recent && !(isKernel && status.Type == FileType.Regular) ? $" time={status.ModifyTime.Seconds}" : "");

    private static string Attributes(IActor actor, string target)
    {
        var error = actor.ListXattr(target, out var list);
        if (error != Errno.None) return $" attributes ! {error}";
        return string.Concat(LayerText.Text(list).Split("\\x00", StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).Select(name =>
            $" {name}={(actor.GetXattr(target, LayerText.Bytes(name), out var value) is var failed && failed == Errno.None ? LayerText.Show(value) : $"! {failed}")}"));
    }

    private static string Content(IActor actor, string target, in FileStatus status, bool isReadable)
    {
        switch (status.Type)
        {
            case FileType.Symlink:
                return actor.ReadLink(target, out var to) is var failed && failed == Errno.None ? $" -> {LayerText.Show(to)}" : $" ! {failed}";
            case FileType.CharDevice or FileType.BlockDevice:
                return $" ({status.RdevMajor}:{status.RdevMinor})";
            case FileType.Regular when isReadable:
                var error = actor.Read(target, out var bytes);
                return error == Errno.None ? $" = {LayerText.Show(bytes)}" : $" ! {error}";
            default:
                return "";
        }
    }
}
