using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>One thing that COPY or ADD copies.</summary>
/// <param name="Context">Where it lies; who reads it leaves out what that does.</param>
/// <param name="IsOfContext">Not fetched and not written in the Dockerfile: ADD unpacks it when it is an archive.</param>
internal sealed record CopySource(BuildContext Context, CopyEnd End, bool IsOfContext)
{
    /// <summary>What it is called where it goes into a directory.</summary>
    public byte[] Name => End.Path[(End.Path.AsSpan().LastIndexOf((byte)'/') + 1)..];
}
