namespace OverlayFuse.Union;

/// <summary>How many names a lower file has, and how many of them the lower layers show by themselves.</summary>
/// <remarks>
/// The others are hidden by a layer above, or outside of the layer. The link count of the file includes them even so, and so does that of its copy, even
/// when the union has lost its last name.
/// </remarks>
internal readonly record struct LowerNameCount(int Links, int Shown)
{
    public int Hidden => Links - Shown;
}
