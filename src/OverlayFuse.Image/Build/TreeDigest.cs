namespace OverlayFuse.Image;

/// <summary>What decides whether files are the same to a build: names, kinds, modes and contents, owners where they are kept, and no times.</summary>
public static class TreeDigest
{
    /// <param name="withOwners">They make a difference.</param>
    /// <param name="reader">Given the hook that a reader of the tree has to call.</param>
    public static Digest Of(bool withOwners, Func<TarWriter, Action<TarEntry>, TreeArchive> reader, Action<TreeArchive> write)
    {
        using var hash = new HashingStream(Stream.Null);
        write(reader(new TarWriter(hash), entry =>
        {
            entry.ModifyTime = default;
            if (!withOwners) (entry.Uid, entry.Gid) = (0, 0);
        }));
        return hash.Finish();
    }
}
