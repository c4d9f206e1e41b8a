using System.Buffers.Text;
using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// WORKDIR, where an upper is worked on: temporary objects on its own file system, and what the upper itself cannot carry. All of
/// it lies in WORKDIR/overlayfuse (README.md, "On disk") but the fences (<see cref="Incompat"/>).
/// </summary>
internal sealed class WorkDirectory : IDisposable
{
    private readonly string _path;
    private DirFd _work = DirFd.None;
    private Fd _lock = Fd.None;
    private Fd _upperLock = Fd.None;
    private readonly Lock _stackGate = new(); // leaf; protects the field below
    private Fd _unsyncedStack = Fd.None;
    private Incompat _incompat = null!;
    private ulong _lastTempName;
    private bool _isClosed;
    private bool _isFresh;
    private bool _isVolatile;

    private WorkDirectory(byte[] path) => _path = Encoding.UTF8.GetString(path);

    /// <summary>WORKDIR itself.</summary>
    public DirFd Top => _work;

    /// <summary>WORKDIR/overlayfuse.</summary>
    public DirFd Root { get; private set; } = DirFd.None;

    /// <summary>Where objects are built before one rename puts them into the upper, and where removed ones are taken apart.</summary>
    public DirFd Temp { get; private set; } = DirFd.None;

    /// <summary>Where objects without a name live on while the kernel knows them.</summary>
    public DirFd Orphans { get; private set; } = DirFd.None;

    /// <summary>The directory of <see cref="LinkIndex"/>.</summary>
    public DirFd Links { get; private set; } = DirFd.None;

    /// <summary>WORKDIR/index, where kernel overlayfs has links of its own; not open where there is none.</summary>
    public DirFd KernelIndex { get; private set; } = DirFd.None;

    public LayerNumbers LayerNumbers { get; private set; } = null!;

    public InodeNumbers InodeNumbers { get; private set; } = null!;

    /// <summary>Null unless <see cref="OpenNarrowInodes"/> was called.</summary>
    public NarrowInodes? NarrowInodes { get; private set; }

    public Origins Origins { get; private set; } = null!;

    public WidenJournal WidenJournal { get; private set; } = null!;

    public MoveJournal MoveJournal { get; private set; } = null!;

    public LinkIndex LinkIndex { get; private set; } = null!;

    public PartialMaps PartialMaps { get; private set; } = null!;

    /// <summary>Takes the work directory for this mount and clears what an earlier one left unfinished.</summary>
    /// <param name="workPath">As the user wrote it, for messages.</param>
    public static WorkDirectory Open(DirFd upper, DirFd work, byte[] workPath, MarkFamily family, Durability durability, Action<string>? onWait = null)
    {
        var directory = new WorkDirectory(workPath);
        try
        {
            directory.Take(upper, work, family, durability, onWait);
            directory.Recover(upper, family);
            directory.Load(family);
            if (durability == Durability.Volatile) directory.Try(directory._incompat.MarkVolatile(), "work/incompat/volatile");
            directory._isVolatile = durability == Durability.Volatile;
            return directory;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>A name that nothing in <see cref="Temp"/> or <see cref="Orphans"/> has: "#" and a hexadecimal counter, as kernel overlayfs names them.</summary>
    /// <param name="name">Room for <see cref="Upper.WorkNameSize"/> bytes.</param>
    public void NextTempName(Span<byte> name, out int length)
    {
        name[0] = (byte)'#';
        Utf8Formatter.TryFormat(Interlocked.Increment(ref _lastTempName), name[1..], out length, 'x');
        length++;
    }

    /// <summary>The device of a file in it.</summary>
    public ulong DeviceOfFiles => Syscall.Stat(_lock, out var status) == Errno.None ? status.Device : 0;

    /// <summary>For a mount that shows inode numbers of 32 bits.</summary>
    public NarrowInodes OpenNarrowInodes()
    {
        Try(NarrowInodes.Open(Root, out var numbers), "overlayfuse/inodes32");
        return NarrowInodes = numbers!;
    }

    /// <summary>To be called before the first mark that kernel overlayfs would misread is set; nearly free once raised.</summary>
    public Errno RaiseFence(Fence fence) => _incompat.Raise(fence);

    public bool IsFenced(Fence fence) => _incompat.Stands(fence);

    /// <summary>To be called when the last such mark is gone.</summary>
    public Errno LowerFence(Fence fence) => _incompat.Lower(fence);

    /// <summary>Makes numbers given out so far safe against power loss; free where none came since.</summary>
    public Errno Sync()
    {
        var error = LayerNumbers.Sync();
        if (error == Errno.None) error = InodeNumbers.Sync();
        if (error == Errno.None) error = NarrowInodes?.Sync() ?? Errno.None;
        if (error == Errno.None) error = Origins.Sync();
        if (error == Errno.None) error = SyncStack();
        return error;
    }

    /// <summary>Writes down what the upper is stacked on. Best effort.</summary>
    public void Note(StackRecord stack)
    {
        _ = stack.Write(Root, out var unsynced);
        lock (_stackGate) _unsyncedStack = unsynced;
    }

    /// <summary>Makes that safe against power loss; free where it is.</summary>
    public Errno SyncStack()
    {
        lock (_stackGate)
        {
            if (!_unsyncedStack.IsOpen) return Errno.None;
            var error = Syscall.FDataSync(_unsyncedStack);
            if (error != Errno.None) return error;
            _unsyncedStack.Close();
            _unsyncedStack = Fd.None;
            return Errno.None;
        }
    }

    /// <summary>The mount is gone, and what is left to do takes time: the next one on this work directory waits for it.</summary>
    public void SayEnding() => WorkLock.SayEnding(_lock);

    /// <summary>Nothing was mounted yet: if nothing ever is, what this has made in the work directory is removed again.</summary>
    public bool IsUnused { get; set; }

    public void Dispose()
    {
        if (_isClosed) return;
        _isClosed = true;
        if (_lock.IsOpen) Tidy();
        _unsyncedStack.Close();
        LayerNumbers?.Dispose();
        InodeNumbers?.Dispose();
        NarrowInodes?.Dispose();
        Origins?.Dispose();
        MoveJournal?.Dispose();
        WidenJournal?.Dispose();
        PartialMaps?.Close();
        KernelIndex.Close();
        Links.Close();
        Orphans.Close();
        Temp.Close();
        Root.Close();
        _work.Close();

        // Last: the next mount may begin.
        _upperLock.Close();
        _lock.Close();
    }

    // The kernel does not send a FORGET for each node at the end. What stays is swept at the next mount.
    private void Tidy()
    {
        if (Orphans.IsOpen && Origins is not null) DropOriginsOfOrphans();
        if (Orphans.IsOpen) DropMapsOf(Orphans);
        if (Orphans.IsOpen) _ = TreeSweeper.Empty(Orphans, out _);
        if (Temp.IsOpen) _ = TreeSweeper.Empty(Temp, out _);
        if (!IsUnused) return;
        if (_isVolatile) _incompat.UnmarkVolatile();
        if (!_isFresh) return;
        if (TreeSweeper.Empty(Root, out _) == Errno.None) _ = Syscall.RmdirAt(_work, "overlayfuse"u8);
    }

    // The inode number of what goes for good may be used again; a file that still has a name in the upper keeps its record.
    private void DropOriginsOfOrphans()
    {
        var names = new List<byte[]>();
        _ = DirectoryNames.Read(Orphans, names);
        foreach (var name in names)
        {
            if (Syscall.StatAt(Orphans, name, cached: false, out var status) == Errno.None && (status.IsDirectory || status.LinkCount == 1)) _ = Origins.Remove(status.Inode);
        }
    }

    // Before what they are maps of is removed for good.
    private void DropMapsOf(DirFd directory)
    {
        if (PartialMaps is null || PartialMaps.IsEmpty) return; // null: the work directory could not be taken to the end
        var names = new List<byte[]>();
        _ = DirectoryNames.Read(directory, names);
        foreach (var name in names) Upper.DropMapOf(PartialMaps, directory, name);
    }

    private void Take(DirFd upper, DirFd work, MarkFamily family, Durability durability, Action<string>? onWait)
    {
        Try(Syscall.OpenAt(work, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var own), ".");
        _work = new DirFd(own.Number);
        _isFresh = Syscall.StatAt(_work, "overlayfuse"u8, cached: false, out _) == Errno.NOENT;
        Root = MakeDirectory(_work, "overlayfuse"u8);
        _lock = WorkLock.Take(Root, _path, onWait);
        _upperLock = WorkLock.TakeUpper(upper);
        _incompat = Incompat.Open(_work, _path, family, durability);
        WorkFormat.Check(Root, _path);
        Temp = MakeDirectory(Root, "temp"u8);
        Orphans = MakeDirectory(Root, "orphans"u8);
        Links = MakeDirectory(Root, "links"u8);
        var error = PartialMaps.Open(MakeDirectory(Root, "partial"u8), _incompat, durability, out var maps);
        PartialMaps = maps;
        Try(error, "overlayfuse/partial");
    }

    private void Recover(DirFd upper, MarkFamily family)
    {
        var widened = MakeDirectory(Root, "widened"u8);
        var error = WidenJournal.Open(widened, upper, Links, out var journal);
        WidenJournal = journal;
        Try(error, "overlayfuse/widened");
        MoveJournal = new MoveJournal(MakeDirectory(Root, "moves"u8), Orphans);
        Try(MoveJournal.Recover(upper, WidenJournal), "overlayfuse/moves");
        Try(LinkIndex.DropUnpublished(Links, Temp, family), "overlayfuse/links");
        DropMapsOf(Temp);
        Sweep(Temp, "temp");
    }

    private void Load(MarkFamily family)
    {
        var error = LayerNumbers.Open(Root, out var layers);
        LayerNumbers = layers!;
        Try(error, "overlayfuse/layers");
        error = InodeNumbers.Open(Root, out var inodes);
        InodeNumbers = inodes!;
        Try(error, "overlayfuse/inodes");
        error = Origins.Open(Root, out var origins);
        Origins = origins!;
        Try(error, "overlayfuse/origins");
        DropOriginsOfOrphans();
        DropMapsOf(Orphans);
        Sweep(Orphans, "orphans");
        error = LinkIndex.Open(Links, family, out var index);
        LinkIndex = index;
        Try(error, "overlayfuse/links");
        if (Union.KernelIndex.Open(_work, out var kernelIndex) == Errno.None) KernelIndex = kernelIndex;
    }

    private DirFd MakeDirectory(DirFd parent, ReadOnlySpan<byte> name)
    {
        var error = OwnDirectory.MakePlain(parent, name, out var directory);
        if (error != Errno.None)
            throw new MountException($"work directory {_path} cannot be used: cannot make \"{Encoding.UTF8.GetString(name)}\" in it: {error.Describe()}. " +
                Advice.For(error, "Give one that you may write to, empty or used for this upper before."));
        return directory;
    }

    private void Sweep(DirFd directory, string name)
    {
        var error = TreeSweeper.Empty(directory, out var failed);
        if (error == Errno.None) return;
        throw new MountException(
            $"cannot remove {_path}/overlayfuse/{name}/{Encoding.UTF8.GetString(failed)}, which an earlier mount left behind: {error.Describe()}. " +
            "Remove it as the user who made that mount, or as root.");
    }

    private void Try(Errno error, string name)
    {
        if (error == Errno.None) return;
        throw new MountException(error == Errno.PROTONOSUPPORT
            ? $"{_path}/{name} has a form that this version does not know: mount it with the program that wrote it."
            : $"cannot use {_path}/{name}: {error.Describe()}. {Advice.For(error, "See `overlayfuse check`.")}");
    }
}
