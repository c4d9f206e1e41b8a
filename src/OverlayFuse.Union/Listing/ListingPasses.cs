namespace OverlayFuse.Union;

/// <summary>The passes of readers over one directory: tells when the copy of a listing that the kernel is about to close is out of date. To be used under a lock.</summary>
/// <remarks>
/// The kernel (fs/fuse/readdir.c) fills its copy from the pass that came first and closes it at the end of any. Whether it is up to date is asked only by those
/// who begin. A reader that began after a change, without the kernel's copy, switches to that copy once an earlier reader has closed it, and then sees a name that
/// was removed before it began.
/// </remarks>
internal struct ListingPasses
{
    private int _underWay; // an upper bound: some are broken off, or come to their end in the copy
    private int _oldestVersion; // of the names, when the first of them began

    /// <summary>A reader asks for the beginning.</summary>
    /// <param name="version">Of the names, before they are read for it.</param>
    public void Begin(int version)
    {
        if (_underWay++ == 0) _oldestVersion = version;
    }

    /// <summary>A reader is about to be told that there is nothing more. True when the kernel must not keep what it has.</summary>
    public bool End(int version)
    {
        if (_underWay > 0) _underWay--;
        var isOld = version != _oldestVersion;
        _oldestVersion = version; // nothing older is left
        return isOld;
    }
}
