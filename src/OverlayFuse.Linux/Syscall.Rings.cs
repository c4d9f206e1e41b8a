using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// io_uring(7), and what a thread of a ring needs. Used by CommandRing.
public static unsafe partial class Syscall
{
    private const int ReadWriteMemory = 3; // PROT_READ | PROT_WRITE
    private const int SharedNow = 0x8001; // MAP_SHARED | MAP_POPULATE
    private const uint EnterGetEvents = 1; // IORING_ENTER_GETEVENTS
    private const int ProcessorSetWords = 128 / sizeof(ulong); // cpu_set_t of glibc

    /// <summary>sched_setaffinity(2) of the calling thread, to one processor.</summary>
    /// <returns>INVAL where there is no such processor, or we may not use it.</returns>
    public static Errno BindToProcessor(int processor)
    {
        var set = stackalloc ulong[ProcessorSetWords];
        new Span<ulong>(set, ProcessorSetWords).Clear();
        if (processor >= ProcessorSetWords * 64) return Errno.INVAL;
        set[processor / 64] = 1ul << (processor % 64);
        return Check(Native.sched_setaffinity(0, ProcessorSetWords * sizeof(ulong), set));
    }

    /// <summary>io_uring_setup(2): a ring of <paramref name="entries"/>; the descriptor is closed on exec.</summary>
    internal static Errno RingSetup(uint entries, RingParameters* parameters, out Fd ring)
    {
        ring = new Fd((int)Native.syscall(Number.IoUringSetup, (nint)entries, (nint)parameters, 0, 0, 0));
        return ring.IsOpen ? Errno.None : LastError;
    }

    /// <summary>io_uring_enter(2): hands over what was added, and waits for so many completions. INTR is not hidden: what was handed over may have been taken.</summary>
    internal static Errno RingEnter(Fd ring, uint submit, uint awaited, out uint submitted)
    {
        var taken = Native.syscall(Number.IoUringEnter, ring.Number, (nint)submit, (nint)awaited, awaited > 0 ? (nint)EnterGetEvents : 0, 0);
        submitted = taken > 0 ? (uint)taken : 0;
        return Check(taken);
    }

    /// <summary>mmap(2) of memory that a descriptor shares with us, to be read and written.</summary>
    internal static Errno MapShared(Fd fd, long offset, nuint length, out byte* memory)
    {
        memory = (byte*)Native.mmap(null, length, ReadWriteMemory, SharedNow, fd.Number, offset);
        if ((nint)memory != -1) return Errno.None;
        memory = null;
        return LastError;
    }

    /// <summary>munmap(2).</summary>
    internal static void Unmap(byte* memory, nuint length) => _ = Native.munmap(memory, length);

    /// <summary>struct io_uring_params.</summary>
    internal struct RingParameters
    {
        public uint SubmissionEntries;
        public uint CompletionEntries;
        public uint Flags;
        public uint ThreadProcessor;
        public uint ThreadIdle;
        public uint Features;
        public uint WorkQueue;
        public fixed uint Reserved[3];
        public SubmissionOffsets Submissions;
        public CompletionOffsets Completions;
    }

    /// <summary>struct io_sqring_offsets.</summary>
    internal struct SubmissionOffsets
    {
        public uint Head;
        public uint Tail;
        public uint Mask;
        public uint Entries;
        public uint Flags;
        public uint Dropped;
        public uint Array;
        public uint Reserved;
        public ulong UserAddress;
    }

    /// <summary>struct io_cqring_offsets.</summary>
    internal struct CompletionOffsets
    {
        public uint Head;
        public uint Tail;
        public uint Mask;
        public uint Entries;
        public uint Overflow;
        public uint Events;
        public uint Flags;
        public uint Reserved;
        public ulong UserAddress;
    }

    private static partial class Native
    {
        [LibraryImport(C, SetLastError = true)]
        public static partial int sched_setaffinity(int thread, nuint size, ulong* processors);

        [LibraryImport(C, SetLastError = true)]
        public static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, long offset);

        [LibraryImport(C)]
        public static partial int munmap(void* address, nuint length);
    }
}
