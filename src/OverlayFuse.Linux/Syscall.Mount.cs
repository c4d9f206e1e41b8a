using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Mounts: make, clone, restrict, move, remove.
public static unsafe partial class Syscall
{
    private const uint OpenTreeClone = 1;
    private const uint OpenTreeCloseOnExec = 0x80000;
    private const int AtRecursive = 0x8000;
    private const uint MoveMountFromEmptyPath = 4;
    private const uint MoveMountToEmptyPath = 0x40;
    private const int MountAttrSize = 32;

    /// <summary>mount(2). An empty <paramref name="type"/> or <paramref name="data"/> is given as NULL.</summary>
    public static Errno Mount(ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ReadOnlySpan<byte> type, MountFlags flags, ReadOnlySpan<byte> data)
    {
        fixed (byte* from = Terminated.Copy(source, stackalloc byte[Terminated.StackSize]))
        fixed (byte* to = Terminated.Copy(target, stackalloc byte[Terminated.StackSize]))
        fixed (byte* kind = Terminated.Copy(type, stackalloc byte[Terminated.StackSize]))
        fixed (byte* options = Terminated.Copy(data, stackalloc byte[Terminated.StackSize]))
            return Check(Native.mount(from, to, type.IsEmpty ? null : kind, (nuint)flags, data.IsEmpty ? null : options));
    }

    /// <summary>umount2(2).</summary>
    public static Errno Unmount(ReadOnlySpan<byte> target, UnmountFlags flags)
    {
        fixed (byte* path = Terminated.Copy(target, stackalloc byte[Terminated.StackSize]))
            return Check(Native.umount2(path, (int)flags));
    }

    /// <summary>
    /// open_tree(2) with OPEN_TREE_CLONE: a detached private copy of the mount at <paramref name="path"/> (empty: of
    /// <paramref name="dir"/> itself), from <paramref name="path"/> downward. It vanishes with its last descriptor.
    /// </summary>
    /// <returns>PERM without CAP_SYS_ADMIN; INVAL where locked mounts lie below (user namespaces); NOSYS before Linux 5.2.</returns>
    public static Errno OpenTree(DirFd dir, ReadOnlySpan<byte> path, bool recursive, out DirFd tree)
    {
        var flags = OpenTreeClone | OpenTreeCloseOnExec | (recursive ? (uint)AtRecursive : 0) | (path.IsEmpty ? (uint)AtEmptyPath : 0);
        fixed (byte* name = Terminated.Copy(path, stackalloc byte[Terminated.StackSize]))
        {
            while (true)
            {
                var number = Native.syscall(Number.OpenTree, dir.Number, (nint)name, (nint)flags, 0, 0);
                tree = new DirFd((int)number);
                if (number >= 0) return Errno.None;
                if (LastError != Errno.INTR) return LastError;
            }
        }
    }

    /// <summary>mount_setattr(2) of the mount <paramref name="tree"/> is the root of; propagation becomes private. NOSYS before Linux 5.12.</summary>
    public static Errno MountSetAttr(DirFd tree, MountAttributes set, MountAttributes clear, bool recursive)
    {
        var attributes = stackalloc ulong[4] { (ulong)set, (ulong)clear, (ulong)MountFlags.Private, 0 };
        byte empty = 0;
        var flags = AtEmptyPath | (recursive ? AtRecursive : 0);
        return Check(Native.syscall(Number.MountSetAttr, tree.Number, (nint)(&empty), flags, (nint)attributes, MountAttrSize));
    }

    /// <summary>move_mount(2): attaches a detached mount at the directory <paramref name="target"/>.</summary>
    public static Errno MoveMount(DirFd tree, DirFd target)
    {
        byte empty = 0;
        return Check(Native.syscall(Number.MoveMount, tree.Number, (nint)(&empty), target.Number, (nint)(&empty), (nint)(MoveMountFromEmptyPath | MoveMountToEmptyPath)));
    }

    private static partial class Native
    {
        [LibraryImport(C, SetLastError = true)]
        public static partial int mount(byte* source, byte* target, byte* type, nuint flags, byte* data);

        [LibraryImport(C, SetLastError = true)]
        public static partial int umount2(byte* target, int flags);
    }
}
