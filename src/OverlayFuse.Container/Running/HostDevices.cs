using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>What --device and --privileged name: found on the host each time a container starts.</summary>
internal static class HostDevices
{
    private const uint Permissions = 0x1ff; // 0777

    // Every container has these of its own.
    private static readonly string[] OwnDirectories = ["pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev"];
    private static readonly string[] OwnNodes = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/console", "/dev/ptmx"];

    /// <exception cref="RefusedException">One that was named is not there, in docker's words.</exception>
    public static List<DeviceNode> Find(ContainerRecord record)
    {
        var found = (record.Devices ?? []).SelectMany(Find).ToList();
        if (record.Privileged) found.AddRange(Below("/dev", "/dev", "rwm").Where(node => !OwnNodes.Contains(node.Path)));
        return [.. found.DistinctBy(node => node.Path)];
    }

    private static IEnumerable<DeviceNode> Find(DeviceMapping mapping)
    {
        var error = Syscall.Stat(mapping.PathOnHost, out var status);
        if (error != Errno.None) throw Refused(mapping, error.Describe());
        var source = File.ResolveLinkTarget(mapping.PathOnHost, returnFinalTarget: true)?.FullName ?? mapping.PathOnHost;
        if (status.IsDirectory) return Below(source, mapping.PathInContainer, mapping.CgroupPermissions);
        return Node(source, mapping.PathInContainer, mapping.CgroupPermissions) is { } node ? [node] : throw Refused(mapping, "not a device node");
    }

    private static IEnumerable<DeviceNode> Below(string directory, string inside, string access)
    {
        var all = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true };
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", all).OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            if (entry.LinkTarget is not null || OwnDirectories.Contains(entry.Name)) continue;
            var path = Path.Combine(inside, entry.Name);
            if (entry is DirectoryInfo)
            {
                foreach (var node in Below(entry.FullName, path, access)) yield return node;
            }
            else if (Node(entry.FullName, path, access) is { } node) yield return node;
        }
    }

    private static DeviceNode? Node(string source, string path, string access)
    {
        if (Syscall.Stat(source, out var status) != Errno.None || status.Type is not (FileType.CharDevice or FileType.BlockDevice)) return null;
        return new DeviceNode(source, path, status.Type == FileType.BlockDevice ? "b" : "c", status.RdevMajor, status.RdevMinor, status.Mode & Permissions, status.Uid, status.Gid, access);
    }

    private static RefusedException Refused(DeviceMapping mapping, string why) => new($"error gathering device information while adding custom device \"{mapping.PathOnHost}\": {why}.", 125);
}
