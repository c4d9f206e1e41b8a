using System.Diagnostics;
using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

/// <summary>An io_uring(7) for commands to a driver (IORING_OP_URING_CMD), with submission entries of 128 bytes. Of the thread that made it, and used by no other.</summary>
/// <remarks>The layout of an entry is that of struct io_uring_sqe, include/uapi/linux/io_uring.h.</remarks>
public sealed unsafe class CommandRing : IDisposable
{
    /// <summary>How many bytes of its own a command can have.</summary>
    public const int ArgumentSize = EntrySize - ArgumentAt;

    private const uint LongEntries = 1 << 10; // IORING_SETUP_SQE128
    private const uint SingleIssuer = 1 << 12;
    private const uint DeferTaskRun = 1 << 13; // completions are worked out where we wait for them, not whenever it suits the kernel
    private const uint SingleMap = 1; // IORING_FEAT_SINGLE_MMAP
    private const long EntriesAt = 0x10000000; // IORING_OFF_SQES
    private const byte DriverCommand = 46; // IORING_OP_URING_CMD
    private const int EntrySize = 128;
    private const int ArgumentAt = 48;
    private const uint CompletionSize = 16; // struct io_uring_cqe
    private const int ResultAt = 8;

    private readonly Fd _ring;
    private readonly byte* _queues;
    private readonly nuint _queuesLength;
    private readonly byte* _entries;
    private readonly nuint _entriesLength;
    private readonly uint* _submissionTail;
    private readonly uint _submissionMask;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private readonly byte* _completions;
    private uint _added; // and not handed over yet

    private CommandRing(Fd ring, in Syscall.RingParameters layout, byte* queues, nuint queuesLength, byte* entries, nuint entriesLength)
    {
        _ring = ring;
        _queues = queues;
        _queuesLength = queuesLength;
        _entries = entries;
        _entriesLength = entriesLength;
        _submissionTail = (uint*)(queues + layout.Submissions.Tail);
        _submissionMask = *(uint*)(queues + layout.Submissions.Mask);
        _completionHead = (uint*)(queues + layout.Completions.Head);
        _completionTail = (uint*)(queues + layout.Completions.Tail);
        _completionMask = *(uint*)(queues + layout.Completions.Mask);
        _completions = queues + layout.Completions.Events;

        // Entries are handed over in the order of their places, always.
        var order = (uint*)(queues + layout.Submissions.Array);
        for (var i = 0u; i < layout.SubmissionEntries; i++) order[i] = i;
    }

    /// <returns>PERM where io_uring is closed to us (sysctl kernel.io_uring_disabled, a seccomp filter), NOSYS where there is none, INVAL before Linux 6.1.</returns>
    public static Errno TryCreate(uint entries, out CommandRing? ring)
    {
        ring = null;
        var layout = new Syscall.RingParameters { Flags = LongEntries | SingleIssuer | DeferTaskRun };
        var error = Syscall.RingSetup(entries, &layout, out var fd);
        if (error != Errno.None) return error;

        var queuesLength = Math.Max(layout.Submissions.Array + (layout.SubmissionEntries * sizeof(uint)), layout.Completions.Events + (layout.CompletionEntries * CompletionSize));
        nuint entriesLength = layout.SubmissionEntries * EntrySize;
        byte* queues = null, submissions = null;
        error = (layout.Features & SingleMap) == 0 ? Errno.NOSYS : Syscall.MapShared(fd, 0, queuesLength, out queues);
        if (error == Errno.None) error = Syscall.MapShared(fd, EntriesAt, entriesLength, out submissions);
        if (error != Errno.None)
        {
            if (queues != null) Syscall.Unmap(queues, queuesLength);
            fd.Close();
            return error;
        }
        ring = new CommandRing(fd, layout, queues, queuesLength, submissions, entriesLength);
        return Errno.None;
    }

    /// <summary>Adds a command. No more than the ring has entries for may be added before they are handed over.</summary>
    /// <param name="address">Memory that goes with the command, as its driver defines, with <paramref name="length"/>.</param>
    /// <param name="argument">What the driver takes from the entry itself: up to <see cref="ArgumentSize"/> bytes.</param>
    public void Add(Fd file, uint command, nint address, uint length, ReadOnlySpan<byte> argument)
    {
        Debug.Assert(argument.Length <= ArgumentSize, "it does not fit into an entry");
        var tail = *_submissionTail; // ours to write
        var entry = new Span<byte>(_entries + ((tail & _submissionMask) * EntrySize), EntrySize);
        entry.Clear();
        entry[0] = DriverCommand;
        MemoryMarshal.Write(entry[4..], file.Number);
        MemoryMarshal.Write(entry[8..], command);
        MemoryMarshal.Write(entry[16..], (ulong)address);
        MemoryMarshal.Write(entry[24..], length);
        argument.CopyTo(entry[ArgumentAt..]);
        Volatile.Write(ref *_submissionTail, tail + 1);
        _added++;
    }

    /// <summary>Hands over what was added and, if wanted, waits until a command has completed. Called again where a signal came between.</summary>
    public Errno Submit(bool wait)
    {
        while (true)
        {
            var error = Syscall.RingEnter(_ring, _added, wait ? 1u : 0, out var submitted);
            _added -= submitted;
            if (error != Errno.INTR) return error;
        }
    }

    /// <summary>Takes one completion, if there is one: 0 or more, or a negative error number.</summary>
    public bool TryTake(out int result)
    {
        result = 0;
        var head = *_completionHead; // ours to write
        if (head == Volatile.Read(ref *_completionTail)) return false;
        result = *(int*)(_completions + ((head & _completionMask) * CompletionSize) + ResultAt);
        Volatile.Write(ref *_completionHead, head + 1);
        return true;
    }

    /// <summary>Commands that have not completed are cancelled.</summary>
    public void Dispose()
    {
        Syscall.Unmap(_entries, _entriesLength);
        Syscall.Unmap(_queues, _queuesLength);
        _ring.Close();
    }
}
