using System.Buffers.Text;
using System.Diagnostics;
using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>WORKDIR/overlayfuse/lock: one live mount per work directory. Held by flock(2), so that it ends with the process whatever its end.</summary>
internal static class WorkLock
{
    private const int RetryMilliseconds = 20;

    // Container tools mount again the moment they unmounted, while the old daemon is still on its way out.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Takes the lock and writes who holds it; the lock lives until the descriptor is closed.</summary>
    public static Fd Take(DirFd root, string workPath)
    {
        var error = Syscall.OpenAt(root, "lock"u8, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, 0x180, out var file);
        if (error != Errno.None) throw new MountException($"cannot write {workPath}/overlayfuse/lock: {error.Describe()}");

        error = Acquire(file);
        if (error != Errno.None)
        {
            var holder = Holder(file);
            file.Close();
            throw new MountException(error == Errno.AGAIN
                ? $"work directory {workPath} is in use by a live mount{holder}: unmount that first, or give this mount an upper and a work directory of its own. (A mount in a mount namespace that nobody can enter any more ends with its daemon: kill that.)"
                : $"cannot lock {workPath}/overlayfuse/lock: {error.Describe()}");
        }

        // For people only, so that no error (a full disk) matters; and the pid may be of another name space.
        Span<byte> text = stackalloc byte[64];
        var length = Describe(text);
        _ = Syscall.PWrite(file, text[..length], 0, out _);
        _ = Syscall.Truncate(file, length);
        return file;
    }

    /// <summary>Locks the upper directory itself: two mounts with work directories of their own must not share it either.</summary>
    public static Fd TakeUpper(DirFd upper)
    {
        var error = Syscall.OpenAt(upper, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var directory);
        if (error != Errno.None) throw new MountException($"cannot read the upper directory: {error.Describe()}");
        error = Acquire(directory);
        if (error == Errno.None) return directory;
        directory.Close();
        throw new MountException(error == Errno.AGAIN
            ? "the upper directory is in use by a live mount: unmount that first, or give this mount an upper of its own"
            : $"cannot lock the upper directory: {error.Describe()}");
    }

    private static Errno Acquire(Fd file)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var error = Syscall.FLock(file, LockOperation.Exclusive | LockOperation.NonBlocking);
            if (error is not (Errno.AGAIN or Errno.INTR) || Stopwatch.GetElapsedTime(since) >= Patience) return error;
            Thread.Sleep(RetryMilliseconds);
        }
    }

    /// <summary>"PID\nBOOT-ID\n".</summary>
    private static int Describe(Span<byte> text)
    {
        Utf8Formatter.TryFormat(Environment.ProcessId, text, out var length);
        text[length++] = (byte)'\n';
        if (Syscall.Open("/proc/sys/kernel/random/boot_id", OpenFlags.ReadOnly, out var file) == Errno.None)
        {
            _ = Syscall.PRead(file, text.Slice(length, 37), 0, out var count);
            length += count;
            file.Close();
        }
        return length;
    }

    private static string Holder(Fd file)
    {
        Span<byte> text = stackalloc byte[64];
        if (Syscall.PRead(file, text, 0, out var count) != Errno.None) return "";
        var end = text[..count].IndexOf((byte)'\n');
        return end > 0 ? $" (pid {Encoding.ASCII.GetString(text[..end])})" : "";
    }
}
