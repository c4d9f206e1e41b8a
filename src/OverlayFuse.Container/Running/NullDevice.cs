using System.Globalization;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The null device as a stream of what exec adds: the container's own, for its root may change the mode of whatever it has open.</summary>
/// <remarks>Of its first process the runtime sees to that: runc, reOpenDevNull.</remarks>
public static class NullDevice
{
    private static readonly (uint Major, uint Minor) Number = (1, 3); // devices.txt of the kernel

    /// <summary>For reading and writing. The host's, where the container has none any more.</summary>
    public static Errno Open(StoredContainer container, out Fd opened) =>
        TryOpenOwn(container, out opened) ? Errno.None : Syscall.Open("/dev/null", OpenFlags.ReadWrite, out opened);

    private static bool TryOpenOwn(StoredContainer container, out Fd opened)
    {
        opened = Fd.None;
        if (Syscall.Open($"/proc/{container.State.Pid.ToString(CultureInfo.InvariantCulture)}/root", OpenFlags.Path | OpenFlags.Directory, out var root) != Errno.None) return false;
        var error = Syscall.OpenAt2(new DirFd(root.Number), "dev/null"u8, OpenFlags.Path, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var found);
        root.Close();
        if (error != Errno.None) return false;
        var isNull = Syscall.Stat(found, out var status) == Errno.None && status.Type == FileType.CharDevice && (status.RdevMajor, status.RdevMinor) == Number;
        if (isNull) error = Syscall.Open($"/proc/self/fd/{found.Number}", OpenFlags.ReadWrite, out opened);
        found.Close();
        return isNull && error == Errno.None;
    }
}
