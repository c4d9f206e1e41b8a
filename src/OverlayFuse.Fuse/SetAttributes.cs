using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>What SETATTR asks for: the fields named in <see cref="Valid"/>.</summary>
public readonly struct SetAttributes
{
    public SetAttributesMask Valid { get; init; }

    /// <summary>With <see cref="SetAttributesMask.Handle"/>: the open file the call was made on.</summary>
    public ulong Handle { get; init; }

    public ulong Size { get; init; }

    /// <summary>The twelve permission bits; the type bits may be set and mean nothing.</summary>
    public uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary><see cref="Timestamp.Now"/> where the current time is asked for.</summary>
    public Timestamp AccessTime { get; init; }

    public Timestamp ModifyTime { get; init; }

    /// <summary>Only sent with the writeback cache.</summary>
    public Timestamp ChangeTime { get; init; }

    public bool Has(SetAttributesMask field) => (Valid & field) != 0;
}
