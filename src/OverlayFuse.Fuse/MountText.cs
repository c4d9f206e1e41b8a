using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>Why a mount or an unmount failed, in words for people.</summary>
internal static class MountText
{
    public const string NoDevice =
        "/dev/fuse is absent: this kernel has no FUSE loaded.\nAs root: modprobe fuse; in a container, start it with --device /dev/fuse";

    public const string NoHelper =
        "we may not mount by ourselves, and fusermount3, which does it for ordinary users, is not installed.\nInstall fuse3, as in: apt-get install fuse3";

    public const string NoSymlinkFollow =
        "we may not mount by ourselves, and fusermount3, which does it for ordinary users, knows no nosymfollow.\nLeave the option out, or mount as root or in a user namespace";

    public static string DeviceClosed(uint uid) =>
        $"/dev/fuse is closed to uid {uid} (permission denied).\nOn most systems it is open to all; as root: chmod 666 /dev/fuse";

    public static string Of(Errno error) => error switch
    {
        Errno.NOENT => "there is no such directory",
        Errno.NOTDIR => "it is not a directory",
        Errno.ACCES => "the path leads through a directory that is closed to us (permission denied)",
        Errno.NOTCONN => "a file system whose server has died is mounted there.\nUnmount it first, as in: umount -l, or fusermount3 -u",
        Errno.BUSY => "a file system is mounted there already",
        Errno.NODEV => "this kernel has no fuse file system.\nAs root: modprobe fuse",
        Errno.INVAL => "the kernel refused the mount options (EINVAL)",
        Errno.NOSPC => "the limit of mounts is reached (fs.mount-max)",
        _ => error.Describe(),
    };

    public static string Path(ReadOnlySpan<byte> path) => Encoding.UTF8.GetString(path);
}
