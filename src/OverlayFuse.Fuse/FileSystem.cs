using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>
/// A file system as the kernel asks it: one method per request, named after the system call it serves. Override what you
/// serve; the rest answers NOSYS, which tells the kernel to stop asking or to do it by itself.
/// </summary>
/// <remarks>
/// Methods are called from several threads at once. Names and buffers are only valid during the call. Results are error
/// numbers; nothing may throw. A handle is whatever <see cref="Open"/> put into its reply; 0 where OPEN itself was answered NOSYS.
/// </remarks>
public abstract class FileSystem
{
    /// <summary>INIT was negotiated; requests follow. <paramref name="session"/> tells which capabilities the kernel granted.</summary>
    public virtual void Started(Session session) { }

    /// <summary>The connection is about to be cut, with files still open: has the kernel hand over what it holds of them (<see cref="Notifier.InvalidateInode"/>).</summary>
    public virtual void WriteBack() { }

    /// <summary>No request will follow.</summary>
    public virtual void Stopped() { }

    /// <summary>NOENT, or success with <see cref="NodeId.None"/>: there is no such name; the latter lets the kernel remember it.</summary>
    public virtual Errno Lookup(in Request request, NodeId parent, ReadOnlySpan<byte> name, out Entry entry)
    {
        entry = default;
        return Errno.NOSYS;
    }

    /// <summary>The kernel drops <paramref name="count"/> of the lookups it was given for <paramref name="node"/>. Has no answer.</summary>
    public virtual void Forget(NodeId node, ulong count) { }

    /// <summary>stat(2). <paramref name="handle"/> is set when the caller asks by an open file (fstat(2)).</summary>
    /// <param name="timeout">How long the kernel may answer by itself.</param>
    public virtual Errno GetAttributes(in Request request, NodeId node, ulong? handle, out Attributes attributes, out TimeSpan timeout)
    {
        attributes = default;
        timeout = default;
        return Errno.NOSYS;
    }

    /// <summary>statx(2); <paramref name="mask"/> is STATX_*. NOSYS makes the kernel use <see cref="GetAttributes"/>.</summary>
    public virtual Errno Statx(in Request request, NodeId node, ulong? handle, uint mask, out ExtendedAttributes attributes)
    {
        attributes = default;
        return Errno.NOSYS;
    }

    /// <summary>
    /// chmod(2), chown(2), utimensat(2), truncate(2), and open(2) with O_TRUNC where ATOMIC_O_TRUNC was not negotiated: <paramref name="change"/> says
    /// which are set. <paramref name="attributes"/> are those afterwards.
    /// </summary>
    public virtual Errno SetAttributes(in Request request, NodeId node, in SetAttributes change, out Attributes attributes, out TimeSpan timeout)
    {
        attributes = default;
        timeout = default;
        return Errno.NOSYS;
    }

    /// <summary>readlink(2): the target, without a NUL. Asked once and remembered where CACHE_SYMLINKS was negotiated.</summary>
    public virtual Errno ReadLink(in Request request, NodeId node, Span<byte> buffer, out int length)
    {
        length = 0;
        return Errno.NOSYS;
    }

    /// <summary>A node of any type but directory and link. With DONT_MASK <paramref name="mode"/> is unmasked and <paramref name="umask"/> is the caller's.</summary>
    public virtual Errno Mknod(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, uint device, out Entry entry)
    {
        entry = default;
        return Errno.NOSYS;
    }

    /// <summary>mkdir(2); <paramref name="mode"/> holds no type, and is masked as with <see cref="Mknod"/>. EXIST: the name is taken.</summary>
    public virtual Errno Mkdir(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, out Entry entry)
    {
        entry = default;
        return Errno.NOSYS;
    }

    /// <summary>symlink(2): <paramref name="name"/> leads to <paramref name="target"/>. EXIST: the name is taken.</summary>
    public virtual Errno Symlink(in Request request, NodeId parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> target, out Entry entry)
    {
        entry = default;
        return Errno.NOSYS;
    }

    /// <summary>link(2): one more name of <paramref name="node"/>, whose entry counts as a lookup. EXIST: the name is taken; XDEV: it cannot be there.</summary>
    public virtual Errno Link(in Request request, NodeId node, NodeId newParent, ReadOnlySpan<byte> newName, out Entry entry)
    {
        entry = default;
        return Errno.NOSYS;
    }

    /// <summary>unlink(2), of anything but a directory. The node lives on until <see cref="Forget"/>: it may be open.</summary>
    public virtual Errno Unlink(in Request request, NodeId parent, ReadOnlySpan<byte> name) => Errno.NOSYS;

    /// <summary>rmdir(2). NOTEMPTY: the directory has names in it.</summary>
    public virtual Errno Rmdir(in Request request, NodeId parent, ReadOnlySpan<byte> name) => Errno.NOSYS;

    /// <summary>renameat2(2). The object at <paramref name="newName"/> is replaced, unless <paramref name="flags"/> say NOREPLACE (EXIST), EXCHANGE or WHITEOUT. INVAL: no such flag here.</summary>
    public virtual Errno Rename(in Request request, NodeId oldParent, ReadOnlySpan<byte> oldName, NodeId newParent, ReadOnlySpan<byte> newName, RenameFlags flags) => Errno.NOSYS;

    /// <summary>
    /// open(2) of a file that exists; the kernel has checked the permissions where DEFAULT_PERMISSIONS is on, and serves O_CREAT, O_EXCL and O_NOCTTY by itself.
    /// With <paramref name="killSuidGid"/> (HANDLE_KILLPRIV_V2, O_TRUNC) setuid and setgid go. NOSYS makes the kernel open without asking, for good.
    /// </summary>
    public virtual Errno Open(in Request request, NodeId node, OpenFlags flags, bool killSuidGid, out OpenReply reply)
    {
        reply = default;
        return Errno.NOSYS;
    }

    /// <summary>
    /// open(2) with O_CREAT of a name the kernel found absent: makes a regular file and opens it at one stroke. Modes as with <see cref="Mknod"/>.
    /// EXIST counts only with O_EXCL in <paramref name="flags"/>. NOSYS makes the kernel use <see cref="Mknod"/> and <see cref="Open"/>.
    /// </summary>
    public virtual Errno Create(in Request request, NodeId parent, ReadOnlySpan<byte> name, uint mode, uint umask, OpenFlags flags, out Entry entry, out OpenReply reply)
    {
        entry = default;
        reply = default;
        return Errno.NOSYS;
    }

    /// <summary>O_TMPFILE in directory <paramref name="parent"/>.</summary>
    public virtual Errno TmpFile(in Request request, NodeId parent, uint mode, uint umask, OpenFlags flags, out Entry entry, out OpenReply reply)
    {
        entry = default;
        reply = default;
        return Errno.NOSYS;
    }

    /// <summary>Fills <paramref name="buffer"/>; fewer bytes than asked mean the end of the file.</summary>
    public virtual Errno Read(in Request request, NodeId node, ulong handle, long offset, Span<byte> buffer, out int count)
    {
        count = 0;
        return Errno.NOSYS;
    }

    /// <summary>Writes all of <paramref name="data"/>, or says how much.</summary>
    public virtual Errno Write(in Request request, NodeId node, ulong handle, long offset, ReadOnlySpan<byte> data, WriteFlags flags, out int count)
    {
        count = 0;
        return Errno.NOSYS;
    }

    /// <summary>close(2) of one descriptor, of which there may be several: errors of earlier writes can be told here. NOSYS makes the kernel stop asking.</summary>
    public virtual Errno Flush(in Request request, NodeId node, ulong handle) => Errno.NOSYS;

    /// <summary>The last user of an open file is gone.</summary>
    public virtual Errno Release(in Request request, NodeId node, ulong handle) => Errno.NOSYS;

    /// <summary>fsync(2), or fdatasync(2) with <paramref name="dataOnly"/>: returns when all is on disk. NOSYS makes the kernel report success without asking.</summary>
    public virtual Errno FSync(in Request request, NodeId node, ulong handle, bool dataOnly) => Errno.NOSYS;

    /// <summary>opendir(3). NOSYS makes the kernel open directories without asking, for good; their handle is then 0.</summary>
    public virtual Errno OpenDirectory(in Request request, NodeId node, OpenFlags flags, out OpenReply reply)
    {
        reply = default;
        return Errno.NOSYS;
    }

    /// <summary>Adds entries after the one with cookie <paramref name="offset"/> (0: from the start) until <paramref name="buffer"/> is full.</summary>
    public virtual Errno ReadDirectory(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer) => Errno.NOSYS;

    /// <summary>As <see cref="ReadDirectory"/>, with <see cref="DirectoryBuffer.TryAdd(ReadOnlySpan{byte}, ulong, in Entry)"/>: each entry counts as a lookup.</summary>
    public virtual Errno ReadDirectoryPlus(in Request request, NodeId node, ulong handle, ulong offset, ref DirectoryBuffer buffer) => Errno.NOSYS;

    /// <summary>The last user of an open directory is gone.</summary>
    public virtual Errno ReleaseDirectory(in Request request, NodeId node, ulong handle) => Errno.NOSYS;

    /// <summary>fsync(2) of a directory: its names are on disk when this returns. NOSYS makes the kernel report success without asking.</summary>
    public virtual Errno FSyncDirectory(in Request request, NodeId node, ulong handle, bool dataOnly) => Errno.NOSYS;

    /// <summary>statfs(2): the room in the file system that <paramref name="node"/> lies on. NOSYS: the kernel answers the call with it.</summary>
    public virtual Errno StatFs(in Request request, NodeId node, out FileSystemStatus status)
    {
        status = default;
        return Errno.NOSYS;
    }

    /// <summary>An empty <paramref name="buffer"/> asks for the length; RANGE when it is too small.</summary>
    public virtual Errno GetXattr(in Request request, NodeId node, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        length = 0;
        return Errno.NOSYS;
    }

    /// <summary>With <paramref name="killSetGid"/> (FUSE_SETXATTR_ACL_KILL_SGID) a new access ACL also clears setgid.</summary>
    public virtual Errno SetXattr(in Request request, NodeId node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrFlags flags, bool killSetGid) => Errno.NOSYS;

    /// <summary>Names, each closed by NUL. An empty <paramref name="buffer"/> asks for the length; RANGE when it is too small.</summary>
    public virtual Errno ListXattr(in Request request, NodeId node, Span<byte> buffer, out int length)
    {
        length = 0;
        return Errno.NOSYS;
    }

    /// <summary>removexattr(2). NODATA: there is no such attribute; NOSYS makes the kernel answer NOTSUP without asking.</summary>
    public virtual Errno RemoveXattr(in Request request, NodeId node, ReadOnlySpan<byte> name) => Errno.NOSYS;

    /// <summary>access(2) and chdir(2), where DEFAULT_PERMISSIONS is off; <paramref name="mask"/> is R_OK (4), W_OK (2), X_OK (1). NOSYS: all is allowed.</summary>
    public virtual Errno Access(in Request request, NodeId node, uint mask) => Errno.NOSYS;

    /// <summary>fallocate(2); the kernel refuses by itself what would shift bytes. NOTSUP: no such mode here; NOSYS makes the kernel answer NOTSUP without asking.</summary>
    public virtual Errno Fallocate(in Request request, NodeId node, ulong handle, FallocateMode mode, long offset, long length) => Errno.NOSYS;

    /// <summary>lseek(2) with <see cref="Whence.Data"/> or <see cref="Whence.Hole"/>; the others are the kernel's own.</summary>
    public virtual Errno LSeek(in Request request, NodeId node, ulong handle, long offset, Whence whence, out long result)
    {
        result = 0;
        return Errno.NOSYS;
    }

    /// <summary>copy_file_range(2) within the file system; fewer bytes than asked may be copied. NOSYS or XDEV: the kernel reads and writes instead.</summary>
    public virtual Errno CopyFileRange(in Request request, NodeId from, ulong fromHandle, long fromOffset, NodeId to, ulong toHandle, long toOffset, ulong length, out ulong copied)
    {
        copied = 0;
        return Errno.NOSYS;
    }

    /// <summary>ioctl(2) whose argument sizes are in its number; <paramref name="written"/> bytes of <paramref name="output"/> go back.</summary>
    public virtual Errno Ioctl(in Request request, NodeId node, ulong handle, uint command, IoctlFlags flags, ReadOnlySpan<byte> input, Span<byte> output, out int written)
    {
        written = 0;
        return Errno.NOSYS;
    }

    /// <summary>poll(2). NOSYS makes the kernel report files as always ready.</summary>
    public virtual Errno Poll(in Request request, NodeId node, ulong handle, uint events, out uint ready)
    {
        ready = 0;
        return Errno.NOSYS;
    }

    /// <summary>fcntl(2) with F_GETLK: the lock that stands against <paramref name="asked"/>, or one of type F_UNLCK.</summary>
    public virtual Errno GetLock(in Request request, NodeId node, ulong handle, in FileLock asked, out FileLock found)
    {
        found = default;
        return Errno.NOSYS;
    }

    /// <summary>POSIX locks and, with <see cref="FileLock.IsFlock"/>, flock(2). Only asked for when the locks were negotiated; else the kernel keeps them.</summary>
    public virtual Errno SetLock(in Request request, NodeId node, ulong handle, in FileLock wanted, bool wait) => Errno.NOSYS;

    /// <summary>ioctl(2) FIBMAP, of file systems mounted as fuseblk only: the block of the device that holds <paramref name="block"/>.</summary>
    public virtual Errno BlockMap(in Request request, NodeId node, ulong block, uint blockSize, out ulong result)
    {
        result = 0;
        return Errno.NOSYS;
    }
}
