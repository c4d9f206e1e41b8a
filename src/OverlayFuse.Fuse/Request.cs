namespace OverlayFuse.Fuse;

/// <summary>Who asks: the head of every request.</summary>
public readonly struct Request
{
    /// <summary>An id that has no mapping in the namespace of the mount.</summary>
    public const uint UnmappedId = uint.MaxValue;

    public ulong Unique { get; init; }

    /// <summary>File system user and group of the caller; <see cref="UnmappedId"/> where they cannot be expressed.</summary>
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint Pid { get; init; }

    /// <summary>
    /// With CREATE_SUPP_GROUP, on requests that make an object: the caller's supplementary group that equals the group of the
    /// parent directory, if it has one; else <see cref="UnmappedId"/>.
    /// </summary>
    public uint SupplementaryGroup { get; init; }
}
