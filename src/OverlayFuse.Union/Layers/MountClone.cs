using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>A private, detached, read-only clone of the mount a directory lies on: through it not even a mistake can change a layer.</summary>
internal static class MountClone
{
    /// <summary>The clone from <paramref name="directory"/> downward, without what is mounted inside; none where the system does not allow it.</summary>
    public static DirFd ReadOnly(DirFd directory)
    {
        if (Syscall.OpenTree(directory, [], recursive: false, out var tree) != Errno.None) return DirFd.None;

        // Reading a layer shall not change its access times either.
        if (Syscall.MountSetAttr(tree, MountAttributes.ReadOnly | MountAttributes.NoAtime, MountAttributes.AtimeMask, recursive: false) == Errno.None) return tree;
        if (Syscall.MountSetAttr(tree, MountAttributes.ReadOnly, MountAttributes.None, recursive: false) == Errno.None) return tree;
        tree.Close();
        return DirFd.None;
    }
}
