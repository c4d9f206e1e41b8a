using System.Buffers.Text;
using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What a caller may do. With ALLOW_IDMAP requests that make nothing come without user and group, so the kernel is asked by process id.</summary>
internal static class Caller
{
    public const int FOwner = 3; // CAP_FOWNER
    public const int FSetId = 4; // CAP_FSETID
    public const int SysAdmin = 21; // CAP_SYS_ADMIN

    private const int StatusSize = 4096;
    private const int NamespaceSize = 64; // "user:[4026531837]"

    /// <summary>
    /// The effective user of the caller as our user namespace sees it; <see cref="Request.UnmappedId"/> where that cannot be told. The caller
    /// waits for our answer, so its process id is its own.
    /// </summary>
    public static uint UidOf(in Request request)
    {
        if (request.Uid != Request.UnmappedId) return request.Uid;
        Span<byte> buffer = stackalloc byte[StatusSize];
        var status = StatusOf(request.Pid, buffer);
        var at = status.IndexOf("\nUid:\t"u8);
        if (at < 0) return Request.UnmappedId;
        var ids = status[(at + 6)..]; // real, effective, saved, file system
        ids = ids[(ids.IndexOf((byte)'\t') + 1)..];
        return Utf8Parser.TryParse(ids, out uint uid, out _) ? uid : Request.UnmappedId;
    }

    /// <summary>Whether the process has an effective capability; false where it cannot be seen. All but <see cref="FSetId"/> count in our own user namespace only.</summary>
    public static bool Has(uint pid, int capability)
    {
        if (capability != FSetId && !IsInOurNamespace(pid)) return false; // whoever makes a namespace has it there
        Span<byte> buffer = stackalloc byte[StatusSize];
        var text = StatusOf(pid, buffer);
        var at = text.IndexOf("\nCapEff:\t"u8);
        return at >= 0 && Utf8Parser.TryParse(text[(at + 9)..], out ulong capabilities, out _, 'x') && (capabilities >> capability & 1) != 0;
    }

    private static bool IsInOurNamespace(uint pid)
    {
        Span<byte> ours = stackalloc byte[NamespaceSize];
        Span<byte> its = stackalloc byte[NamespaceSize];
        return pid != 0 && Syscall.ReadLinkAt(DirFd.Cwd, "/proc/self/ns/user"u8, ours, out var length) == Errno.None
            && Syscall.ReadLinkAt(DirFd.Cwd, Encoding.ASCII.GetBytes($"/proc/{pid}/ns/user"), its, out var itsLength) == Errno.None
            && its[..itsLength].SequenceEqual(ours[..length]);
    }

    // /proc/PID/status, or nothing: a process of another pid namespace has no number in ours.
    private static ReadOnlySpan<byte> StatusOf(uint pid, Span<byte> buffer)
    {
        if (pid == 0 || Syscall.Open($"/proc/{pid}/status", OpenFlags.ReadOnly, out var fd) != Errno.None) return default;
        var error = Syscall.Read(fd, buffer, out var length);
        fd.Close();
        return error == Errno.None ? buffer[..length] : default;
    }
}
