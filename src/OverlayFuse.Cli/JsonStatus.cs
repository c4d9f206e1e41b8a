namespace OverlayFuse.Cli;

/// <summary>How a union is doing, as --json writes it. Sizes are bytes, counts since the mount.</summary>
internal sealed record JsonStatus(
    int LowerLayers,
    JsonPath? Upper,
    string Data,
    bool HoldsWrites,
    string Transport,
    string? Fsync,
    ulong? PartialFrom,
    string? Settle,
    long KnownObjects,
    int Threads,
    long Requests,
    string RequestsByKind,
    int UnsettledFiles,
    long BytesAsked,
    long BytesCopied,
    long BytesFilled,
    long BytesOfMaps,
    long WholeFiles,
    long PartialFiles,
    long MetadataOnly,
    double? WriteAmplification);
