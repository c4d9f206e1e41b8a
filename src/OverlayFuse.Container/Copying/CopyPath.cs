namespace OverlayFuse.Container;

/// <summary>A path of a copy, as it was typed. Pure.</summary>
/// <param name="Components">Without empty ones and ".".</param>
/// <param name="IsContents">It ends in "/.", or is "." itself.</param>
/// <param name="MeansDirectory">It ends in a slash, or in "/.".</param>
public sealed record CopyPath(IReadOnlyList<byte[]> Components, bool IsContents, bool MeansDirectory)
{
    private const byte Slash = (byte)'/';
    private const byte Dot = (byte)'.';

    /// <summary>The last name; "." for the root and the like.</summary>
    public byte[] Name => Components is [.., var last] && !last.AsSpan().SequenceEqual(".."u8) ? last : [Dot];

    public static CopyPath Parse(ReadOnlySpan<byte> path)
    {
        var components = new List<byte[]>();
        foreach (var range in path.Split(Slash))
        {
            if (path[range] is not ([] or [Dot])) components.Add(path[range].ToArray());
        }
        var isContents = path is [Dot] or [.., Slash, Dot];
        return new CopyPath(components, isContents, isContents || path is [.., Slash]);
    }

    /// <summary>"CONTAINER:PATH" taken apart; null for a path of the host: one that has a slash before the colon, or none.</summary>
    public static (string Container, byte[] Path)? Split(ReadOnlySpan<byte> word)
    {
        var colon = word.IndexOf((byte)':');
        if (colon <= 0 || word[0] is Slash or Dot || word[..colon].Contains(Slash)) return null;
        return (System.Text.Encoding.UTF8.GetString(word[..colon]), word[(colon + 1)..].ToArray());
    }
}
