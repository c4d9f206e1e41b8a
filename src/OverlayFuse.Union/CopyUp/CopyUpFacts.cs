using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What is known of a lower object when its copy-up is planned.</summary>
/// <param name="CanMetacopy">The upper can carry the metacopy mark.</param>
/// <param name="CanRead">The daemon may read the bytes.</param>
/// <param name="MayOwn">Whether a copy can have the same owner (<see cref="Credentials.MayOwn"/>).</param>
/// <param name="LosesSecurity">It has security attributes that the daemon may not set.</param>
internal readonly record struct CopyUpFacts(FileType Type, ulong Size, bool CanMetacopy, bool CanRead, Errno MayOwn, bool LosesSecurity)
{
    /// <summary>A file of up to so many bytes comes up whole.</summary>
    public ulong WholeUpTo { get; init; } = PartialPolicy.Never;

    /// <summary>It has a capability or setuid bits that writing takes away, so if bytes came up later it would lose them for a moment, or for good if the daemon died then.</summary>
    public bool IsPrivileged { get; init; }

    /// <summary>Looks at an object of a lower layer, for a daemon of these credentials.</summary>
    public static Errno Gather(DirFd dir, ReadOnlySpan<byte> name, OverrideForm form, in FileStatus status, Credentials credentials, bool canMetacopy, ulong wholeUpTo, out CopyUpFacts facts)
    {
        var error = XattrCopy.LosesSecurity(dir, name, form, credentials, out var loses);
        var canRead = credentials.IsRoot || status.Type != FileType.Regular || form != OverrideForm.None
            || (status.Mode & Mode.OwnerRead) != 0 || status.Uid != credentials.Uid; // files with a mark are open to all
        facts = new CopyUpFacts(status.Type, status.Size, canMetacopy, canRead, credentials.MayOwn(status.Uid, status.Gid), loses)
        {
            IsPrivileged = status.Type == FileType.Regular && ((!credentials.IsRoot && (status.Mode & (Mode.SetUid | Mode.SetGid)) != 0) || XattrCopy.HasCapability(dir, name, form)),
            WholeUpTo = status.LinkCount > 1 ? PartialPolicy.Never : wholeUpTo, // the copy of several names is found in more ways than one
        };
        return error;
    }
}
