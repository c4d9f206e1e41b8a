using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Extended attributes (xattr(7)), links not followed. Relative names: the *xattrat calls (kernel 6.13) where they exist, else /proc/self/fd/N/name.
public static unsafe partial class Syscall
{
    private static bool _noXattrAt;

    /// <summary>
    /// lgetxattr(2). An empty buffer asks for the length only. NODATA: not there; RANGE: the buffer is too small;
    /// NOTSUP: the file system keeps none.
    /// </summary>
    public static Errno GetXattrAt(DirFd dir, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, Span<byte> buffer, out int length)
    {
        if (name.IsEmpty) return GetXattr(dir.Fd, attribute, buffer, out length);
        fixed (byte* xattr = Terminated.Copy(attribute, stackalloc byte[Terminated.StackSize]))
        fixed (byte* value = buffer)
        {
            if (!_noXattrAt)
            {
                var arguments = new XattrArguments { Value = (ulong)value, Size = (uint)buffer.Length };
                fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
                    length = (int)Native.syscall6(Number.GetXattrAt, dir.Number, (nint)path, AtSymlinkNoFollow, (nint)xattr, (nint)(&arguments), sizeof(XattrArguments));
                if (length >= 0 || !MissesXattrAt(LastError)) return Check(length);
            }
            Span<byte> proc = stackalloc byte[ProcPath.SizeWithName];
            fixed (byte* path = ProcPath.Of(dir, name, proc))
            {
                length = (int)Native.lgetxattr(path, xattr, value, (nuint)buffer.Length);
                return Check(length);
            }
        }
    }

    /// <summary>fgetxattr(2), descriptors opened with O_PATH too.</summary>
    public static Errno GetXattr(Fd fd, ReadOnlySpan<byte> attribute, Span<byte> buffer, out int length)
    {
        fixed (byte* xattr = Terminated.Copy(attribute, stackalloc byte[Terminated.StackSize]))
        fixed (byte* value = buffer)
        {
            length = (int)Native.fgetxattr(fd.Number, xattr, value, (nuint)buffer.Length);
            if (length >= 0 || LastError != Errno.BADF) return Check(length);
            Span<byte> proc = stackalloc byte[ProcPath.Size];
            fixed (byte* path = ProcPath.Of(fd, proc)) length = (int)Native.getxattr(path, xattr, value, (nuint)buffer.Length);
            return Check(length);
        }
    }

    /// <summary>lsetxattr(2).</summary>
    public static Errno SetXattrAt(DirFd dir, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value, XattrFlags flags)
    {
        if (name.IsEmpty) return SetXattr(dir.Fd, attribute, value, flags);
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.SetXattr, dir.Number, name) { OtherName = attribute, Data = value, Detail = (ulong)flags }, out var refused)) return refused;
        fixed (byte* xattr = Terminated.Copy(attribute, stackalloc byte[Terminated.StackSize]))
        fixed (byte* data = value)
        {
            if (!_noXattrAt)
            {
                var arguments = new XattrArguments { Value = (ulong)data, Size = (uint)value.Length, Flags = (uint)flags };
                fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
                {
                    var error = Check(Native.syscall6(Number.SetXattrAt, dir.Number, (nint)path, AtSymlinkNoFollow, (nint)xattr, (nint)(&arguments), sizeof(XattrArguments)));
                    if (!MissesXattrAt(error)) return error;
                }
            }
            Span<byte> proc = stackalloc byte[ProcPath.SizeWithName];
            fixed (byte* path = ProcPath.Of(dir, name, proc)) return Check(Native.lsetxattr(path, xattr, data, (nuint)value.Length, (int)flags));
        }
    }

    /// <summary>fsetxattr(2), descriptors opened with O_PATH too.</summary>
    public static Errno SetXattr(Fd fd, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value, XattrFlags flags)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.SetXattr, fd.Number) { OtherName = attribute, Data = value, Detail = (ulong)flags }, out var refused)) return refused;
        fixed (byte* xattr = Terminated.Copy(attribute, stackalloc byte[Terminated.StackSize]))
        fixed (byte* data = value)
        {
            var error = Check(Native.fsetxattr(fd.Number, xattr, data, (nuint)value.Length, (int)flags));
            if (error != Errno.BADF) return error;
            Span<byte> proc = stackalloc byte[ProcPath.Size];
            fixed (byte* path = ProcPath.Of(fd, proc)) return Check(Native.setxattr(path, xattr, data, (nuint)value.Length, (int)flags));
        }
    }

    /// <summary>llistxattr(2): names, each closed by NUL. An empty buffer asks for the length only.</summary>
    public static Errno ListXattrAt(DirFd dir, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        if (name.IsEmpty) return ListXattr(dir.Fd, buffer, out length);
        fixed (byte* list = buffer)
        {
            if (!_noXattrAt)
            {
                fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
                    length = (int)Native.syscall(Number.ListXattrAt, dir.Number, (nint)path, AtSymlinkNoFollow, (nint)list, buffer.Length);
                if (length >= 0 || !MissesXattrAt(LastError)) return Check(length);
            }
            Span<byte> proc = stackalloc byte[ProcPath.SizeWithName];
            fixed (byte* path = ProcPath.Of(dir, name, proc))
            {
                length = (int)Native.llistxattr(path, list, (nuint)buffer.Length);
                return Check(length);
            }
        }
    }

    /// <summary>flistxattr(2), descriptors opened with O_PATH too.</summary>
    public static Errno ListXattr(Fd fd, Span<byte> buffer, out int length)
    {
        Span<byte> proc = stackalloc byte[ProcPath.Size];
        fixed (byte* path = ProcPath.Of(fd, proc))
        fixed (byte* list = buffer)
        {
            length = (int)Native.listxattr(path, list, (nuint)buffer.Length);
            return Check(length);
        }
    }

    /// <summary>lremovexattr(2).</summary>
    public static Errno RemoveXattrAt(DirFd dir, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute)
    {
        if (name.IsEmpty) return RemoveXattr(dir.Fd, attribute);
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.RemoveXattr, dir.Number, name) { OtherName = attribute }, out var refused)) return refused;
        fixed (byte* xattr = Terminated.Copy(attribute, stackalloc byte[Terminated.StackSize]))
        {
            if (!_noXattrAt)
            {
                fixed (byte* path = Terminated.Copy(name, stackalloc byte[Terminated.StackSize]))
                {
                    var error = Check(Native.syscall(Number.RemoveXattrAt, dir.Number, (nint)path, AtSymlinkNoFollow, (nint)xattr, 0));
                    if (!MissesXattrAt(error)) return error;
                }
            }
            Span<byte> proc = stackalloc byte[ProcPath.SizeWithName];
            fixed (byte* path = ProcPath.Of(dir, name, proc)) return Check(Native.lremovexattr(path, xattr));
        }
    }

    /// <summary>fremovexattr(2), descriptors opened with O_PATH too.</summary>
    public static Errno RemoveXattr(Fd fd, ReadOnlySpan<byte> attribute)
    {
        if (SyscallSeam.IsWatched && SyscallSeam.Refuses(new(SyscallName.RemoveXattr, fd.Number) { OtherName = attribute }, out var refused)) return refused;
        Span<byte> proc = stackalloc byte[ProcPath.Size];
        fixed (byte* path = ProcPath.Of(fd, proc))
        fixed (byte* xattr = Terminated.Copy(attribute, stackalloc byte[Terminated.StackSize]))
            return Check(Native.removexattr(path, xattr));
    }

    private static bool MissesXattrAt(Errno error)
    {
        if (error != Errno.NOSYS) return false;
        _noXattrAt = true;
        return true;
    }

    /// <summary>struct xattr_args (linux/xattr.h).</summary>
    private struct XattrArguments
    {
        public ulong Value;
        public uint Size;
        public uint Flags;
    }

    private static partial class Native
    {
        [LibraryImport(C, SetLastError = true)]
        public static partial nint fgetxattr(int fd, byte* name, byte* value, nuint size);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint getxattr(byte* path, byte* name, byte* value, nuint size);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint lgetxattr(byte* path, byte* name, byte* value, nuint size);

        [LibraryImport(C, SetLastError = true)]
        public static partial int fsetxattr(int fd, byte* name, byte* value, nuint size, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int setxattr(byte* path, byte* name, byte* value, nuint size, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int lsetxattr(byte* path, byte* name, byte* value, nuint size, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint listxattr(byte* path, byte* list, nuint size);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint llistxattr(byte* path, byte* list, nuint size);

        [LibraryImport(C, SetLastError = true)]
        public static partial int removexattr(byte* path, byte* name);

        [LibraryImport(C, SetLastError = true)]
        public static partial int lremovexattr(byte* path, byte* name);
    }
}
