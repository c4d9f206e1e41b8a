using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What a lower file was when blocks were first written above it. If it has changed since, the blocks that were left below are not known.</summary>
/// <param name="Layer">The number by which the upper knows its layer.</param>
internal readonly record struct Fingerprint(int Layer, ulong Inode, ulong Size, Timestamp ModifyTime)
{
    public static Fingerprint Of(int layer, in FileStatus status) => new(layer, status.Inode, status.Size, status.ModifyTime);
}
