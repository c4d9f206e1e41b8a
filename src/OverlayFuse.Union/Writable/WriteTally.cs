namespace OverlayFuse.Union;

/// <summary>What was written to an upper since the mount, in bytes, and for what. What is shared by cloning is not written.</summary>
/// <param name="Asked">By those who use the union.</param>
/// <param name="Copied">When whole files came up.</param>
/// <param name="Filled">What partial files got in addition: the rest of a block that was written, and what settling brings up.</param>
/// <param name="Maps">Into the maps of partial files.</param>
/// <param name="WholeFiles">Files that came up with all their bytes.</param>
/// <param name="PartialFiles">Files that came up, or began to be written, block by block.</param>
/// <param name="MetadataOnly">Files that came up without a byte.</param>
public readonly record struct WriteTally(long Asked, long Copied, long Filled, long Maps, long WholeFiles, long PartialFiles, long MetadataOnly)
{
    /// <summary>Bytes written to the upper for each byte that somebody wrote; null where nobody wrote any.</summary>
    public double? Amplification => Asked > 0 ? (double)(Asked + Copied + Filled + Maps) / Asked : null;
}
