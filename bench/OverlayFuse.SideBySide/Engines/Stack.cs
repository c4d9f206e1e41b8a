namespace OverlayFuse.SideBySide;

/// <summary>The directories of one mount.</summary>
/// <param name="Lowers">Topmost first, relative to the current directory: the kernel takes one page of them.</param>
internal sealed record Stack(IReadOnlyList<string> Lowers, string Upper, string Work, string Merged)
{
    public string LowerText => string.Join(':', Lowers);
}
