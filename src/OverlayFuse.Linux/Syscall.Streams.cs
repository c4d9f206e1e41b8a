using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Streams: read, write, wait; what is a terminal.
public static unsafe partial class Syscall
{
    private const uint TerminalGet = 0x5401; // TCGETS
    private const int SetStatusFlags = 4; // F_SETFL

    /// <summary>read(2), one call: from /dev/fuse one whole request, 0 at the end of a stream.</summary>
    public static Errno Read(Fd fd, Span<byte> buffer, out int count)
    {
        fixed (byte* to = buffer)
        {
            while (true)
            {
                count = (int)Native.read(fd.Number, to, (nuint)buffer.Length);
                if (count >= 0) return Errno.None;
                if (LastError != Errno.INTR) return LastError;
            }
        }
    }

    /// <summary>write(2), one call: to /dev/fuse one whole answer.</summary>
    public static Errno Write(Fd fd, ReadOnlySpan<byte> buffer, out int count)
    {
        fixed (byte* from = buffer)
        {
            while (true)
            {
                count = (int)Native.write(fd.Number, from, (nuint)buffer.Length);
                if (count >= 0) return Errno.None;
                if (LastError != Errno.INTR) return LastError;
            }
        }
    }

    /// <summary>write(2) until all is written. O_NONBLOCK belongs to the open description, which others share: it stays, and where a write would return AGAIN we wait.</summary>
    public static Errno WriteAll(Fd fd, ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            var error = Write(fd, content, out var count);
            if (error == Errno.None) content = content[count..];
            else if (error == Errno.AGAIN) error = Poll(fd, PollEvents.Out, -1, out _);
            if (error != Errno.None) return error;
        }
        return Errno.None;
    }

    /// <summary>read(2) of what comes next, if only later: O_NONBLOCK is as with <see cref="WriteAll"/>.</summary>
    public static Errno ReadNext(Fd fd, Span<byte> buffer, out int count)
    {
        Errno error;
        while ((error = Read(fd, buffer, out count)) == Errno.AGAIN && Poll(fd, PollEvents.In, -1, out _) == Errno.None) { }
        return error;
    }

    /// <summary>fcntl(2), F_SETFL: whether a read of an open description returns AGAIN where it would wait. Other status flags are taken away.</summary>
    public static Errno SetNonBlocking(Fd fd, bool isNonBlocking) => Check(Native.fcntl(fd.Number, SetStatusFlags, isNonBlocking ? (nint)OpenFlags.NonBlock : 0));

    /// <summary>isatty(3): whether TCGETS (ioctl_tty(2)) is answered.</summary>
    public static bool IsTerminal(Fd fd) => IoControl(fd, TerminalGet, stackalloc byte[64]) == Errno.None;

    /// <summary>poll(2) of one descriptor; a negative time waits for ever. <paramref name="ready"/> is empty when the time is over.</summary>
    public static Errno Poll(Fd fd, PollEvents events, int milliseconds, out PollEvents ready)
    {
        var entry = new PollEntry { Descriptor = fd.Number, Events = (short)events };
        while (true)
        {
            var result = Native.poll(&entry, 1, milliseconds);
            ready = (PollEvents)entry.Ready;
            if (result >= 0) return Errno.None;
            if (LastError != Errno.INTR) return LastError;
        }
    }

    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Ready;
    }

    private static partial class Native
    {
        [LibraryImport(C, SetLastError = true)]
        public static partial nint read(int fd, byte* buffer, nuint count);

        [LibraryImport(C, SetLastError = true)]
        public static partial nint write(int fd, byte* buffer, nuint count);

        [LibraryImport(C, SetLastError = true)]
        public static partial int poll(PollEntry* entries, nuint count, int milliseconds);
    }
}
