namespace OverlayFuse.Union;

/// <summary>What a name is in the union. Reused from search to search, so that a lookup allocates nothing.</summary>
internal sealed class SearchResult
{
    /// <summary>Where the object is: the directory of its layer that has the name.</summary>
    public LayerDirectory? Where { get; set; }

    /// <summary>The topmost entry.</summary>
    public LayerEntry Entry;

    /// <summary>For a directory: its members, topmost first.</summary>
    public List<LayerDirectory> Members { get; } = [];

    /// <summary>A whiteout ended the search: there may be something below that a new directory must not merge with.</summary>
    public bool IsHidden { get; set; }

    public bool IsFound => Where is not null;

    public void Clear()
    {
        Where = null;
        Entry = default;
        Members.Clear();
        IsHidden = false;
    }
}
