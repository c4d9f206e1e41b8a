using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Whiteouts that are files of their own beside a name.
internal sealed partial class LayerDirectory
{
    // What is read is in proportion to what was asked, and never so much that others wait.
    private const int FirstRead = 32;
    private const int LastRead = 2048;
    private const int NamesPerAsk = 32;

    private int _asks; // one that gets lost to another thread only has it asked once more
    private int _nextRead = FirstRead;
    private volatile bool _hasNoOciWhiteouts;

    /// <summary>
    /// Whether a file .wh.NAME may stand in it, which is open as <paramref name="dir"/>. That is looked up by name at first; where it is asked
    /// again and again the names are read, once they are not too many.
    /// </summary>
    public bool MayHaveOciWhiteouts(DirFd dir)
    {
        if (_hasNoOciWhiteouts) return false;
        if (_nextRead > LastRead || ++_asks < _nextRead || Layer.Upper?.Features.Whiteout == WhiteoutForm.Oci) return true;

        _nextRead = 8 * _asks;
        return !(_hasNoOciWhiteouts = ReadsNoOciWhiteouts(dir, NamesPerAsk * _asks));
    }

    private static bool ReadsNoOciWhiteouts(DirFd dir, int most)
    {
        if (DirectoryReader.Open(dir, out var reader) != Errno.None) return false;
        using (reader)
        {
            while (reader.MoveNext())
            {
                if (most-- == 0 || OciNames.IsWhiteout(reader.Entry.Name, out _)) return false;
            }
            return reader.Error == Errno.None;
        }
    }
}
