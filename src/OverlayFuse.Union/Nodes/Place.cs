using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Where an object is right now: an open directory and a name in it, kept valid until disposed.</summary>
internal ref struct Place
{
    private readonly LayerDirectory? _directory;
    private readonly NameLocks? _locks;
    private readonly int _locked;

    public Place(DirFd dir, ReadOnlySpan<byte> name, bool isUpper, LayerDirectory? directory = null, NameLocks? locks = null, int locked = 0)
    {
        Dir = dir;
        Name = name;
        IsUpper = isUpper;
        _directory = directory;
        _locks = locks;
        _locked = locked;
    }

    public DirFd Dir { get; }

    public ReadOnlySpan<byte> Name { get; }

    public bool IsUpper { get; }

    /// <summary>The layer directory that holds the name; null for orphans and index links.</summary>
    public readonly LayerDirectory? Holder => _directory;

    public readonly void Dispose()
    {
        _directory?.Leave();
        _locks?.LeaveRead(_locked);
    }
}
