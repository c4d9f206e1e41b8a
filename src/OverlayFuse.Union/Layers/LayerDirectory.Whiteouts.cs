using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Whiteouts that are files of their own beside a name.
internal sealed partial class LayerDirectory
{
    private const int AsksUntilRead = 32;

    private int _asks; // one that gets lost to another thread only has it asked once more
    private volatile bool _hasNoOciWhiteouts;

    /// <summary>
    /// Whether a file .wh.NAME may stand in it, which is open as <paramref name="dir"/>. That is looked up by name at first; where it is asked
    /// again and again the names are read once.
    /// </summary>
    public bool MayHaveOciWhiteouts(DirFd dir)
    {
        if (_hasNoOciWhiteouts) return false;
        if (Layer.GetsOciWhiteouts || _asks > AsksUntilRead || ++_asks < AsksUntilRead) return true;

        _asks = AsksUntilRead + 1;
        return !(_hasNoOciWhiteouts = ReadsNoOciWhiteouts(dir));
    }

    private static bool ReadsNoOciWhiteouts(DirFd dir)
    {
        if (DirectoryReader.Open(dir, out var reader) != Errno.None) return false;
        using (reader)
        {
            while (reader.MoveNext())
            {
                if (OciNames.IsWhiteout(reader.Entry.Name, out _)) return false;
            }
            return reader.Error == Errno.None;
        }
    }
}
