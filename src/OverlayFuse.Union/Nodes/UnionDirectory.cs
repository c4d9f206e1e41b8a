namespace OverlayFuse.Union;

/// <summary>The stack of a directory: only the layers that have it, topmost first.</summary>
internal sealed class UnionDirectory(LayerDirectory? upper, LayerDirectory[] lowers)
{
    // Set once by copy-up, under the node's gate; read without a lock.
    private volatile LayerDirectory? _upper = upper;
    private volatile Listing? _listing;
    private volatile LowerNames? _lowerNames;
    private readonly Lock _namesLock = new(); // leaf; protects _listing, both versions and _passes together
    private NarrowCookies? _narrowCookies;
    private int _namesVersion;
    private int _listingVersion;
    private ListingPasses _passes;

    public LayerDirectory? Upper
    {
        get => _upper;
        set => _upper = value;
    }

    public LayerDirectory[] Lowers { get; } = lowers;

    /// <summary>The names in it, as last read; null when not read.</summary>
    /// <param name="isForBeginner">
    /// Null also when names were added since. A reader half-way through may do without these (readdir(3p)), and has to: else a directory of many
    /// names would be read again for each one that is made while it is listed.
    /// </param>
    public Listing? Listing(bool isForBeginner)
    {
        if (!isForBeginner) return _listing;
        lock (_namesLock) return _listingVersion == _namesVersion ? _listing : null;
    }

    /// <summary>Counts changes of its names.</summary>
    public int NamesVersion => Volatile.Read(ref _namesVersion);

    /// <summary>Keeps a listing that was begun at <paramref name="version"/>, unless there is a newer one.</summary>
    public void Keep(Listing listing, int version)
    {
        lock (_namesLock)
        {
            if (_listing is null || version - _listingVersion >= 0) (_listing, _listingVersion) = (listing, version);
        }
    }

    /// <summary>The listing is read again when it is wanted.</summary>
    public void DropListing() => _listing = null;

    /// <summary>A name was added, or leads to another object. Listings that were given out know it if they have had the name.</summary>
    public void NameAdded(ReadOnlySpan<byte> name)
    {
        lock (_namesLock)
        {
            _namesVersion++;
            _listing?.Replace(name);
        }
    }

    /// <summary>A name is gone. Listings that were given out know it too.</summary>
    public void NameRemoved(ReadOnlySpan<byte> name)
    {
        lock (_namesLock)
        {
            if (_listingVersion == _namesVersion++) _listingVersion = _namesVersion;
            _listing?.Remove(name);
        }
    }

    /// <summary>For programs of 32 bits.</summary>
    public NarrowCookies NarrowCookies
    {
        get
        {
            lock (_namesLock) return _narrowCookies ??= new NarrowCookies();
        }
    }

    /// <summary>A reader begins at the beginning: to be said before its listing is taken.</summary>
    public void BeginPass()
    {
        lock (_namesLock) _passes.Begin(_namesVersion);
    }

    /// <summary>A reader comes to the end. True when the kernel must not keep its copy of the listing.</summary>
    public bool EndPass()
    {
        lock (_namesLock) return _passes.End(_namesVersion);
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
