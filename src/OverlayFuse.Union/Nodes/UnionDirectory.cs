namespace OverlayFuse.Union;

/// <summary>The stack of a directory: only the layers that have it, topmost first.</summary>
internal sealed class UnionDirectory(LayerDirectory? upper, LayerDirectory[] lowers)
{
    // Set once by copy-up, under the node's gate; read without a lock.
    private volatile LayerDirectory? _upper = upper;
    private volatile Listing? _listing;
    private volatile LowerNames? _lowerNames;

    public LayerDirectory? Upper
    {
        get => _upper;
        set => _upper = value;
    }

    public LayerDirectory[] Lowers { get; } = lowers;

    /// <summary>The names in it, as last read; null when not read or out of date.</summary>
    public Listing? Listing
    {
        get => _listing;
        set => _listing = value;
    }

    /// <summary>Which lower members have which names; null until a lookup wanted it. Lower layers do not change, so it stays true.</summary>
    public LowerNames? LowerNames
    {
        get => _lowerNames;
        set => _lowerNames = value;
    }

    /// <summary>Whether new objects inherit an ACL: unknown until first asked.</summary>
    public bool? HasDefaultAcl { get; set; }

    /// <summary>The upper member is known to carry the impure mark.</summary>
    public bool IsImpure { get; set; }

    public bool IsMerged => Lowers.Length > (Upper is null ? 1 : 0);

    /// <summary>The member whose owner, mode, times and attributes the union shows.</summary>
    public LayerDirectory Top => Upper ?? Lowers[0];
}
