using OverlayFuse.Fuse;

namespace OverlayFuse.Union;

// How it is doing, for whoever asks.
public sealed partial class UnionFileSystem
{
    public UnionStatus Status()
    {
        var status = new UnionStatus
        {
            Lowers = _layers.Count(layer => !layer.IsUpper),
            Data = _passthrough is null ? DataMode.Cached : DataMode.Passthrough,
            HoldsWrites = _writeback is not null,
            Transport = _session?.Transport ?? Transport.Device,
            KnownNodes = KnownNodes,
            Threads = _session?.Threads ?? 0,
            Requests = _session?.Requests.Total ?? 0,
            RequestsByKind = _session?.Requests.ToString() ?? "",
        };
        if (Upper is not { } upper) return status;
        var partial = upper.Partial;
        return status with
        {
            Upper = upper.Layer.Path,
            Durability = upper.Durability,
            PartialFrom = partial.WholeUpTo == PartialPolicy.Never ? null : partial.WholeUpTo + 1,
            Settle = partial.Settle,
            UnsettledFiles = upper.Work.PartialMaps.Count,
            Written = upper.Counters.Tally,
        };
    }
}
