using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The types under which unions stand in mount tables: our own, and that of fuse-overlayfs, whose place we take under its name.</summary>
public static class OverlayType
{
    public const string Own = "overlayfuse";
    public const string DropIn = "fuse-overlayfs";

    /// <summary>A type that a union of ours may have.</summary>
    public static bool MayBeOurs(string type) => type is $"fuse.{Own}" or $"fuse.{DropIn}";

    /// <summary>A union, whoever serves it: of a plain "fuse", the source tells.</summary>
    public static bool IsUnion(MountPointEntry mount) => IsUnion(mount.Type, mount.Source);

    internal static bool IsUnion(string type, ReadOnlySpan<byte> source) => MayBeOurs(type) || (type == "fuse" && source.SequenceEqual("fuse-overlayfs"u8));
}
