using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Opens the root of a layer again by its path, and makes sure that it is still the same directory.</summary>
internal sealed class LayerReopener(byte[] path, ulong device, ulong inode)
{
    public Errno Open(out DirFd descriptor)
    {
        descriptor = DirFd.None;
        var error = Syscall.OpenAt(DirFd.Cwd, path, OpenFlags.Path | OpenFlags.Directory, 0, out var fd);
        if (error != Errno.None) return error;
        descriptor = MountClone.ReadOnly(new DirFd(fd.Number)) is { IsOpen: true } clone ? clone : new DirFd(fd.Number);
        if (descriptor.Number != fd.Number) fd.Close();

        error = Syscall.Stat(descriptor.Fd, out var status);
        if (error == Errno.None && (status.Device != device || status.Inode != inode)) error = Errno.STALE; // another directory stands there now
        if (error == Errno.None) return Errno.None;
        descriptor.Close();
        descriptor = DirFd.None;
        return error;
    }
}
