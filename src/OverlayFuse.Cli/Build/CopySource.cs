using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>One thing that COPY or ADD copies.</summary>
/// <param name="Context">Where it lies; who reads it leaves out what that does.</param>
/// <param name="Name">What it is called where it goes into a directory: of a link its own name, though what it leads to is copied.</param>
/// <param name="IsOfContext">Not fetched and not written in the Dockerfile: ADD unpacks it when it is an archive.</param>
internal sealed record CopySource(BuildContext Context, byte[] Name, CopyEnd End, bool IsOfContext);
