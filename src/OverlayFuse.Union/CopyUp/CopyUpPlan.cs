using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>How an object is copied up: refused, or with which of its bytes.</summary>
/// <remarks>
/// The ladder of copy-up: nothing for a truncation to nothing, metadata only for a change of metadata, the blocks touched of a large
/// file, else the bytes. A file with privileges that writing takes away comes up whole.
/// </remarks>
internal readonly record struct CopyUpPlan(Errno Refusal, CopyUpContent Content, ulong Length)
{
    /// <param name="length">For <see cref="CopyUpReason.Truncate"/>: the new length.</param>
    public static CopyUpPlan For(in CopyUpFacts facts, CopyUpReason reason, ulong length = 0)
    {
        // Ownership and security never change silently: refused before anything is made.
        if (facts.MayOwn != Errno.None) return new CopyUpPlan(facts.MayOwn, default, 0);
        if (facts.LosesSecurity) return new CopyUpPlan(Errno.PERM, default, 0);
        if (facts.Type != FileType.Regular || facts.Size == 0) return new CopyUpPlan(Errno.None, CopyUpContent.Nothing, 0);

        var bytes = reason == CopyUpReason.Truncate ? Math.Min(length, facts.Size) : facts.Size;
        if (bytes == 0) return new CopyUpPlan(Errno.None, CopyUpContent.Nothing, 0);

        // A metacopy whose bytes the daemon cannot read would be a file that can never be opened again.
        if (!facts.CanRead) return new CopyUpPlan(Errno.ACCES, default, 0);
        if (!facts.CanMetacopy || facts.IsPrivileged || reason == CopyUpReason.Whole) return new CopyUpPlan(Errno.None, CopyUpContent.Bytes, bytes);
        if (reason == CopyUpReason.Metadata) return new CopyUpPlan(Errno.None, CopyUpContent.MetadataOnly, 0);
        return new CopyUpPlan(Errno.None, bytes > facts.WholeUpTo ? CopyUpContent.Blocks : CopyUpContent.Bytes, bytes);
    }
}
