using OverlayFuse.Fuse;

namespace OverlayFuse.Union;

/// <summary>How a live union is doing. Counts are since the mount.</summary>
public sealed record UnionStatus
{
    /// <summary>Null: it cannot be written.</summary>
    public byte[]? Upper { get; init; }

    /// <summary>Lower layers, data-only ones included.</summary>
    public int Lowers { get; init; }

    public DataMode Data { get; init; }

    /// <summary>Bytes written for each that users wrote; null: none yet, or the kernel writes by itself and not all is counted.</summary>
    public double? Amplification => Data == DataMode.Passthrough ? null : Written.Amplification;

    /// <summary>The kernel holds written pages back (cached mode).</summary>
    public bool HoldsWrites { get; init; }

    public Transport Transport { get; init; }

    public Durability Durability { get; init; }

    /// <summary>The size in bytes from which on a file comes up block by block; null: none does.</summary>
    public ulong? PartialFrom { get; init; }

    public SettlePolicy Settle { get; init; }

    /// <summary>Files and directories that the kernel knows now.</summary>
    public long KnownNodes { get; init; }

    public int Threads { get; init; }

    public long Requests { get; init; }

    /// <summary>By kind, as in "Lookup 3, GetAttr 1".</summary>
    public string RequestsByKind { get; init; } = "";

    /// <summary>Files of the upper that are not all there yet.</summary>
    public int UnsettledFiles { get; init; }

    public WriteTally Written { get; init; }
}
