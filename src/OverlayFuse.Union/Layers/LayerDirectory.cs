using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// A directory of one layer, and the one way to anything in it. It is known by its parent and name and opened when wanted; the
/// <see cref="DescriptorCache"/> closes descriptors that have not been used for a while.
/// </summary>
/// <remarks>Lower layers do not change, so neither do their directories; an upper directory is told when rename(2) moves it.</remarks>
internal sealed partial class LayerDirectory
{
    private const OpenFlags HowToOpen = OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow;

    private readonly DescriptorCache _cache;
    private readonly Lock _lock = new(); // rank 8; protects the fields below
    private LayerDirectory? _parent;
    private byte[] _name;
    private DirFd _descriptor = DirFd.None;
    private int _pins;
    private bool _recentlyUsed;
    private bool _closed;
    private bool _isExtra; // open beside the cache, which was full of directories in use
    private LayerReopener? _reopen;

    private LayerDirectory(Layer layer, DescriptorCache cache, LayerDirectory? parent, byte[] name, ulong device, ulong inode)
    {
        Layer = layer;
        Device = device;
        Inode = inode;
        _cache = cache;
        _parent = parent;
        _name = name;
    }

    public Layer Layer { get; }

    /// <summary>The device of its names: not always that of the layer.</summary>
    public ulong Device { get; }

    /// <summary>Its inode number on <see cref="Device"/>.</summary>
    public ulong Inode { get; }

    /// <summary>Marked opaque = x: zero-size files in it may be whiteouts.</summary>
    public bool HasXattrWhiteouts { get; set; }

    /// <summary>The root of a layer, whose descriptor stays open as long as the mount.</summary>
    public static LayerDirectory ForRoot(Layer layer, DescriptorCache cache, DirFd descriptor, ulong inode, bool hasXattrWhiteouts) =>
        new(layer, cache, null, [], layer.Device, inode) { _descriptor = descriptor, _pins = 1, HasXattrWhiteouts = hasXattrWhiteouts };

    /// <summary>
    /// The root of a layer that gives its descriptor back when others are wanted, and is found again by <paramref name="reopen"/>:
    /// for stacks of more layers than descriptors.
    /// </summary>
    public static LayerDirectory ForReopenedRoot(Layer layer, DescriptorCache cache, LayerReopener reopen, ulong inode, bool hasXattrWhiteouts) =>
        new(layer, cache, null, [], layer.Device, inode) { _reopen = reopen, HasXattrWhiteouts = hasXattrWhiteouts };

    public LayerDirectory Child(ReadOnlySpan<byte> name, ulong inode, bool hasXattrWhiteouts) =>
        new(Layer, _cache, this, name.ToArray(), Device, inode) { HasXattrWhiteouts = hasXattrWhiteouts };

    public LayerDirectory Child(ReadOnlySpan<byte> name, in FileStatus status, bool hasXattrWhiteouts) =>
        new(Layer, _cache, this, name.ToArray(), status.Device, status.Inode) { HasXattrWhiteouts = hasXattrWhiteouts };

    /// <summary>Pins the descriptor open, opening it when it is not. Undo with <see cref="Leave"/>.</summary>
    public Errno Enter(out DirFd descriptor)
    {
        while (!TryPin(out descriptor))
        {
            var error = EnterFromAbove(out descriptor);
            if (error != Errno.AGAIN) return error;
        }
        return Errno.None;
    }

    // Opens from the nearest directory above that is open, downwards: a tree may be deeper than a stack. AGAIN: one of them moved.
    private Errno EnterFromAbove(out DirFd descriptor)
    {
        var closed = new Stack<LayerDirectory>();
        var at = this;
        while (!at.TryPin(out descriptor))
        {
            if (at.Parent is not { } parent)
            {
                var error = at.OpenRoot(out descriptor);
                if (error != Errno.None) return error;
                break;
            }
            closed.Push(at);
            at = parent;
        }
        while (closed.TryPop(out var below))
        {
            var error = below.OpenIn(at, descriptor, out descriptor);
            at.Leave();
            if (error != Errno.None) return error;
            at = below;
        }
        return Errno.None;
    }

    private LayerDirectory? Parent
    {
        get
        {
            lock (_lock) return _parent;
        }
    }

    private bool TryPin(out DirFd descriptor)
    {
        lock (_lock)
        {
            descriptor = _descriptor;
            if (!_descriptor.IsOpen) return false;
            _pins++;
            _recentlyUsed = true;
            return true;
        }
    }

    private Errno OpenIn(LayerDirectory parent, DirFd parentDescriptor, out DirFd descriptor)
    {
        lock (_lock)
        {
            descriptor = DirFd.None;
            if (_parent != parent) return Errno.AGAIN;
            if (!_descriptor.IsOpen)
            {
                var error = Syscall.OpenAt2(parentDescriptor, _name, HowToOpen, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoXdev, out var fd);
                if (error == Errno.NOSYS) error = Syscall.OpenAt(parentDescriptor, _name, HowToOpen, 0, out fd); // before kernel 5.6
                if (error != Errno.None) return error;
                _descriptor = new DirFd(fd.Number);
            }
            descriptor = _descriptor;
            _pins++;
            _recentlyUsed = true;
        }
        TakeIn();
        return Errno.None;
    }

    private Errno OpenRoot(out DirFd descriptor)
    {
        lock (_lock)
        {
            var error = _descriptor.IsOpen ? Errno.None : _reopen!.Open(out _descriptor);
            descriptor = _descriptor;
            if (error != Errno.None) return error;
            _pins++;
            _recentlyUsed = true;
        }
        TakeIn();
        return Errno.None;
    }

    public void Leave()
    {
        lock (_lock)
        {
            _pins--;
            if (_pins > 0 || !(_closed || _isExtra)) return;
            CloseDescriptor();
            _isExtra = false;
        }
    }

    // Outside the lock: the cache may close others.
    private void TakeIn()
    {
        if (_cache.Add(this)) return;
        lock (_lock) _isExtra = true;
    }

    /// <summary>rename(2) gave an upper directory another place. The descriptor stays valid: it follows the object.</summary>
    public void MovedTo(LayerDirectory parent, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            _parent = parent;
            _name = name.ToArray();
        }
    }

    /// <summary>The path beneath the layer's root with a leading slash: the form of an absolute redirect.</summary>
    public byte[] PathFromRoot(ReadOnlySpan<byte> last)
    {
        var names = new List<byte[]> { last.ToArray() };
        for (var at = this; at._parent is { } parent; at = parent) names.Add(at._name);
        var path = new byte[names.Sum(n => n.Length + 1)];
        var end = path.Length;
        foreach (var name in names)
        {
            name.CopyTo(path, end - name.Length);
            end -= name.Length + 1;
            path[end] = (byte)'/';
        }
        return path;
    }

    /// <summary>As <see cref="PathFromRoot(ReadOnlySpan{byte})"/>, of this directory itself; "/" for the root.</summary>
    public byte[] PathFromRoot() => _parent is null ? "/"u8.ToArray() : _parent.PathFromRoot(_name);

    /// <summary>The inode number that a listing of this directory gives for a name: that of the object itself, not of a mount on it.</summary>
    public ulong EntryInode(ReadOnlySpan<byte> name)
    {
        if (Enter(out var dir) != Errno.None) return 0;
        ulong inode = 0;
        if (DirectoryReader.Open(dir, out var reader) == Errno.None)
        {
            using (reader)
            {
                while (inode == 0 && reader.MoveNext())
                {
                    if (reader.Entry.Name.SequenceEqual(name)) inode = reader.Entry.Inode;
                }
            }
        }
        Leave();
        return inode;
    }

    /// <summary>Nobody will come any more: the descriptor is closed as soon as nobody is inside.</summary>
    public void Close()
    {
        if (_parent is null) return; // a root goes with its layer
        lock (_lock)
        {
            _closed = true;
            if (_pins == 0) CloseDescriptor();
        }
    }

    /// <summary>The end of the mount: the descriptor is closed when nobody is inside.</summary>
    public void CloseRoot()
    {
        lock (_lock)
        {
            _closed = true;
            if (_reopen is null) _pins--; // its own, since it was opened
            if (_pins <= 0) CloseDescriptor();
        }
    }

    /// <summary>For the cache: closes a descriptor that was not used since the last call. False when it must stay.</summary>
    public bool TryEvict()
    {
        if (!_lock.TryEnter()) return false;
        try
        {
            if (!_descriptor.IsOpen) return true;
            if (_pins > 0) return false;
            if (_recentlyUsed)
            {
                _recentlyUsed = false;
                return false;
            }
            CloseDescriptor();
            return true;
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void CloseDescriptor()
    {
        if (!_descriptor.IsOpen) return;
        _descriptor.Close();
        _descriptor = DirFd.None;
    }
}
