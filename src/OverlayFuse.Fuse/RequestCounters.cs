namespace OverlayFuse.Fuse;

/// <summary>How many requests of each kind the kernel has sent. Shows what its caches spare us.</summary>
public sealed class RequestCounters
{
    private const int Kinds = 64;

    private readonly long[] _counts = new long[Kinds]; // index: opcode; 0 takes those beyond the table
    private long _endedWrites;

    public long this[Opcode opcode] => Volatile.Read(ref _counts[Index(opcode)]);

    /// <summary>All requests, those without an answer included.</summary>
    public long Total
    {
        get
        {
            var sum = 0L;
            for (var i = 0; i < Kinds; i++) sum += Volatile.Read(ref _counts[i]);
            return sum;
        }
    }

    /// <summary>All requests but FORGET, BATCH_FORGET and INTERRUPT: those somebody waits for.</summary>
    public long Answered => Total - this[Opcode.Forget] - this[Opcode.BatchForget] - this[Opcode.Interrupt];

    /// <summary>Those that were sent at all, as in "Lookup 3, GetAttr 1".</summary>
    public override string ToString()
    {
        var counts = _counts.Select((_, i) => (Kind: (Opcode)i, Count: this[(Opcode)i])).Where(c => c.Count > 0);
        return string.Join(", ", counts.Select(c => $"{c.Kind} {c.Count}"));
    }

    /// <summary>WRITEs that are done. All of them are counted, by the indexer, when they begin to be served.</summary>
    internal long EndedWrites => Volatile.Read(ref _endedWrites);

    internal void CountEndedWrite() => Interlocked.Increment(ref _endedWrites);

    internal void Count(Opcode opcode) => Interlocked.Increment(ref _counts[Index(opcode)]);

    private static uint Index(Opcode opcode) => (uint)opcode < Kinds ? (uint)opcode : 0;
}
