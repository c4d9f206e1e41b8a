using System.Globalization;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>What info says of the machine, read from what the kernel and the system say of themselves.</summary>
internal static class MachineFacts
{
    /// <summary>"Debian GNU/Linux 12 (bookworm)".</summary>
    /// <param name="release">The text of os-release(5).</param>
    public static string OperatingSystem(string release) => Field(release, "PRETTY_NAME=").Trim('"', '\'') is { Length: > 0 } name ? name : "Linux";

    /// <summary>Bytes.</summary>
    /// <param name="memory">The text of /proc/meminfo.</param>
    public static long Memory(string memory) => long.TryParse(Field(memory, "MemTotal:").Replace("kB", "").Trim(), CultureInfo.InvariantCulture, out var kilobytes) ? kilobytes << 10 : 0;

    /// <summary>Whether there is a control group that limits memory.</summary>
    public static bool HasMemoryLimit() => Directory.Exists("/sys/fs/cgroup/memory") || Text("/sys/fs/cgroup/cgroup.controllers").Split(' ', '\n').Contains("memory");

    /// <summary>The file system below a directory, under docker's names.</summary>
    public static string FileSystem(string directory)
    {
        if (Syscall.Open(directory, OpenFlags.Path, out var fd) != Errno.None) return "<unknown>";
        var error = Syscall.StatFs(fd, out var status);
        fd.Close();
        return error == Errno.None ? FileSystem(status.Magic) : "<unknown>";
    }

    /// <remarks>statfs(2); moby, daemon/graphdriver/driver_linux.go: FsNames.</remarks>
    internal static string FileSystem(uint magic) => magic switch
    {
        0xef53 => "extfs",
        0x9123683e => "btrfs",
        0x58465342 => "xfs",
        0x01021994 => "tmpfs",
        0x2fc12fc1 => "zfs",
        0xf2f52010 => "f2fs",
        0x6969 => "nfs",
        0x794c7630 => "overlayfs",
        0x65735546 => "fuse",
        _ => "<unknown>",
    };

    public static string Text(string path) => AtomicFile.Read(path) is { } text ? System.Text.Encoding.UTF8.GetString(text) : "";

    private static string Field(string text, string name) => text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim() ?? "";
}
