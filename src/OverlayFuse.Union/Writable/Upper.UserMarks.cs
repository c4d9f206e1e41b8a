using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// The fence that keeps kernel overlayfs away from redirects and metacopies in user marks. It is raised before the first one, and falls with the
// mount when none came to stay. Where it stood before the mount nobody knows how many there are.
internal sealed partial class Upper
{
    private readonly MarkedInodes _userMarked = new();
    private readonly bool _wasFenced = work.IsFenced(Fence.UserMarks);

    private Errno FenceUserMarks(MarkFamily family) => family == MarkFamily.User ? work.RaiseFence(Fence.UserMarks) : Errno.None;

    /// <summary>To be called before a name goes that may be the last one of its object.</summary>
    public void ForgetMarks(DirFd dir, ReadOnlySpan<byte> name)
    {
        if (_userMarked.IsEmpty || Syscall.StatAt(dir, name, cached: false, out var status) != Errno.None) return;
        if (status.IsDirectory || status.LinkCount == 1) _userMarked.Remove(status.Inode);
    }

    private void ForgetMarks(Fd file)
    {
        if (!_userMarked.IsEmpty && Syscall.Stat(file, out var status) == Errno.None) _userMarked.Remove(status.Inode);
    }

    private void RememberMarks(Fd file)
    {
        if (Family == MarkFamily.User) RememberMarks(Syscall.Stat(file, out var status), status);
    }

    private void RememberMarks(DirFd dir, ReadOnlySpan<byte> name)
    {
        if (Family == MarkFamily.User) RememberMarks(Syscall.StatAt(dir, name, cached: false, out var status), status);
    }

    private void RememberMarks(Errno error, in FileStatus status) => _userMarked.Add(error == Errno.None ? status.Inode : 0); // 0 is nobody's, and stays

    private void LowerNeedlessFence()
    {
        if (_wasFenced || !work.IsFenced(Fence.UserMarks)) return;
        var names = new List<byte[]>();
        _ = DirectoryNames.Read(work.Orphans, names);
        foreach (var name in names) ForgetMarks(work.Orphans, name); // they are swept
        if (!_userMarked.IsEmpty) return;

        // The marks are gone on disk before the fence falls.
        if (durability == Durability.Volatile || SyncFileSystem() == Errno.None) _ = work.LowerFence(Fence.UserMarks);
    }
}
