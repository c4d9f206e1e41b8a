using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

/// <summary>Where work is done: the root of a mounted union.</summary>
internal sealed record Place(DirFd Root, string Path);
