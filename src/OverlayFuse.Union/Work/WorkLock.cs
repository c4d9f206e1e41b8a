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

    private static readonly TimeSpan PatienceBeforeAsking = TimeSpan.FromMilliseconds(300);

    // A daemon that says that its mount is gone has the rest of its partial files to bring up, and then ends.
    private static readonly TimeSpan PatienceWithEnding = TimeSpan.FromMinutes(10);

    private static ReadOnlySpan<byte> Ending => "ending\n"u8;

    /// <summary>Takes the lock and writes who holds it; the lock lives until the descriptor is closed.</summary>
    /// <param name="onWait">Told when it takes long.</param>
    public static Fd Take(DirFd root, string workPath, Action<string>? onWait)
    {
        var error = Syscall.OpenAt(root, "lock"u8, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, Mode.OwnerReadWrite, out var file);
        if (error != Errno.None) throw new MountException($"cannot write {workPath}/overlayfuse/lock: {error.Describe()}. {Advice.For(error, "Give a work directory that you may write to.")}");

        error = Acquire(file, PatienceBeforeAsking);
        if (error == Errno.AGAIN)
        {
            Ask(file);
            error = Acquire(file);
        }
        if (error == Errno.AGAIN && IsEnding(file))
        {
            onWait?.Invoke($"waiting for the daemon{Holder(file)} of the union that was mounted with work directory {workPath}: it brings up the rest of files that are partly in the upper.");
            error = Acquire(file, PatienceWithEnding);
        }
        if (error != Errno.None)
        {
            var holder = Holder(file);
            var isEnding = IsEnding(file);
            file.Close();
            throw new MountException(error == Errno.AGAIN
                ? isEnding ? $"work directory {workPath} is still in use by the daemon{holder} of a union that is unmounted: it brings up the rest of files that are " +
                    "partly in the upper. Try again when it has ended."
                : $"work directory {workPath} is in use by a live mount{holder}: unmount that first, or give this mount an upper and a work directory of its own. (A " +
                    "mount in a mount namespace that nobody can enter any more ends with its daemon: kill that.)"
                : $"cannot lock {workPath}/overlayfuse/lock: {error.Describe()}. Give a work directory on a file system with flock(2).");
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
        if (error != Errno.None) throw new MountException($"cannot read the upper directory: {error.Describe()}. Give one that you may read and write.");
        error = Acquire(directory);
        if (error == Errno.None) return directory;
        directory.Close();
        throw new MountException(error == Errno.AGAIN
            ? "the upper directory is in use by a live mount: unmount that first, or give this mount an upper of its own."
            : $"cannot lock the upper directory: {error.Describe()}. Give an upper on a file system with flock(2).");
    }

    /// <summary>For the holder of the lock: the mount is gone, and what is left to do comes to an end.</summary>
    public static void SayEnding(Fd held)
    {
        Span<byte> text = stackalloc byte[64];
        if (Syscall.PRead(held, text, 0, out var count) == Errno.None) _ = Syscall.PWrite(held, Ending, count, out _);
    }

    // Of a mount that was taken away lazily nothing is left but what somebody has open, or stands in: its daemon then lets go. The file may be lied in, so the
    // signal is one that harms nobody.
    private static void Ask(Fd file)
    {
        Span<byte> text = stackalloc byte[64];
        if (Syscall.PRead(file, text, 0, out var count) == Errno.None && Utf8Parser.TryParse(text[..count], out int pid, out _) && pid > 0) _ = Syscall.Kill(pid, Signal.Urgent);
    }

    private static bool IsEnding(Fd file)
    {
        Span<byte> text = stackalloc byte[64];
        return Syscall.PRead(file, text, 0, out var count) == Errno.None && text[..count].EndsWith(Ending);
    }

    private static Errno Acquire(Fd file) => Acquire(file, Patience);

    private static Errno Acquire(Fd file, TimeSpan patience)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var error = Syscall.FLock(file, LockOperation.Exclusive | LockOperation.NonBlocking);
            if (error is not (Errno.AGAIN or Errno.INTR) || Stopwatch.GetElapsedTime(since) >= patience) return error;
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
