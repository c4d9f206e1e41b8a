using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The union as the kernel asks it: finds the node, decides, and does it in the layers.</summary>
/// <remarks>Partials by family of system calls; this one has what all of them need.</remarks>
public sealed partial class UnionFileSystem : FileSystem, IDisposable
{
    private const long ListingMemory = 2 << 20;

    private readonly Tree _tree;
    private readonly CopyUp _copyUp;
    private readonly Creator _creator;
    private readonly OpenFiles _files;
    private readonly ListingCache _listings;
    private readonly List<Layer> _layers;
    private readonly DescriptorCache _descriptors;
    private readonly UnionOptions _options;
    private readonly Passthrough? _passthrough;
    private readonly Housekeeper _housekeeper;
    private readonly ControlServer _control;
    private readonly PartialUpkeep? _upkeep;
    private readonly TimeSpan _entryTimeout;
    private readonly TimeSpan _attributesTimeout;
    private readonly TimeSpan _negativeTimeout;

    // Node ids begin anew with each mount, and whoever kept a handle of an earlier one (an NFS client) must not find another file by it.
    private readonly ulong _generation = (ulong)Random.Shared.Next(1, int.MaxValue);

    private int _openLimit;
    private Session? _session;
    private Notifier? _notifier;

    // Set where the kernel may hold written pages: the way to have it write them back.
    private Notifier? _writeback;

    private UnionFileSystem(UnionOptions options, Tree tree, List<Layer> layers, DescriptorCache descriptors, int openFiles)
    {
        _options = options;
        (_entryTimeout, _attributesTimeout, _negativeTimeout) = (options.EntryTimeout, options.AttributesTimeout, options.NegativeTimeout);
        _listings = new ListingCache(ListingMemory, options.NarrowInodes);
        _tree = tree;
        _layers = layers;
        _descriptors = descriptors;
        _files = new OpenFiles(tree, openFiles);
        _copyUp = new CopyUp(tree, _files);
        _creator = new Creator(tree);
        tree.Recover = RecoverPartial;
        if (options.Data == DataMode.Passthrough) _passthrough = new Passthrough(_files);
        _housekeeper = new Housekeeper(() => tree.Nodes.Dropped);
        var writer = tree.Upper is { } upper ? new Writer(upper.Credentials, upper.Features.Metacopy, upper.Partial.WholeUpTo) : null;
        _upkeep = UpkeepOf(tree.Upper);
        tree.PartialWatch = _upkeep is null ? null : _upkeep.Watch;
        _control = new ControlServer(
            new LayerView([.. layers.Where(layer => !layer.IsDataOnly)], tree.Search, writer, tree.HasSharedCopy)
            {
                Maps = tree.Upper?.Work.PartialMaps.Directory ?? new DirFd(-1),
                Links = tree.Upper?.Work.Links ?? new DirFd(-1),
            },
            Status,
            Syscall.GetEUid());
    }

    /// <summary>What of the wish could not be had on this upper, and what is done instead: sentences for the person who mounts.</summary>
    public IReadOnlyList<string> Remarks { get; private init; } = [];

    /// <summary>Nodes that the kernel knows now.</summary>
    public int KnownNodes => _tree.Nodes.Count;

    internal Tree Tree => _tree;

    internal CopyUp CopyUp => _copyUp;

    private Upper? Upper => _tree.Upper;

    public override void Started(Session session)
    {
        if (_options.Transport == Transport.Ring && session.WhyNoRings is { } reason) throw new MountException($"cannot use transport=ring: {reason} Else leave the option out.");
        Note();
        session.Underway += StartUpkeep; // whoever mounts does not wait for it
        _passthrough?.Started(session);
        _session = session;
        _notifier = session.Notifier;
        if ((session.Granted & InitFlags.WritebackCache) != 0) _writeback = _notifier;
    }

    public override void WriteBack()
    {
        if (Upper is not { } upper || _notifier is not { } notifier) return;
        upper.Work.SayEnding();
        foreach (var id in _tree.Nodes.Files()) notifier.InvalidateInode(new NodeId(id));
        notifier.Wait(WritebackPatience);
    }

    /// <summary>As a mount does, without one.</summary>
    internal void Use()
    {
        Note();
        StartUpkeep();
    }

    // Else it is started by the first partial file: there may be some whose maps a loss of power has taken.
    private void StartUpkeep()
    {
        if (Upper is { } upper && (upper.Partial.WholeUpTo != PartialPolicy.Never || !upper.Work.PartialMaps.IsEmpty)) _upkeep?.Start();
    }

    // There is a mount now: what the work directory holds stays, and says what the upper is stacked on.
    private void Note()
    {
        if (Upper is not { } upper) return;
        upper.Work.IsUnused = false;
        if (upper.Overrides != OverrideForm.None) _ = upper.Work.RaiseFence(Fence.Overrides);
        var stack = new StackRecord(upper.Layer.Root.Inode, upper.Layer.Path, [], []);
        foreach (var layer in _layers)
        {
            if (!layer.IsUpper) (layer.IsDataOnly ? stack.DataOnly : stack.Lowers).Add(layer.Path);
        }
        upper.Work.Note(stack);
    }

    public void Dispose()
    {
        _housekeeper.Dispose();
        _upkeep?.Dispose();
        _files.Dispose();
        _tree.Upper?.Dispose();
        _descriptors.Close();
        foreach (var layer in _layers) layer.Root.CloseRoot();
    }

    private PartialUpkeep? UpkeepOf(Upper? upper)
    {
        if (upper is null || !upper.Features.Metacopy) return null;
        var (settles, commits) = (upper.Partial.Settle == SettlePolicy.Idle, upper.Durability != Durability.Volatile);
        return settles || commits ? new PartialUpkeep(_tree, _copyUp, _files, settles, commits) : null;
    }

    private static Errno Refuse(ReadOnlySpan<byte> name) =>
        name.Length > Tree.MaxName ? Errno.NAMETOOLONG : OciNames.Classify(name) == OciNameKind.Ordinary ? Errno.None : Errno.PERM;

    // Of a node that the caller has just been given a lookup of.
    private Errno EntryOf(int slot, out Entry entry)
    {
        entry = default;
        var error = _tree.Status(slot, out var status);
        if (error != Errno.None)
        {
            _tree.Nodes.Forget(slot, 1);
            return error;
        }
        entry = EntryOf(slot, status);
        return Errno.None;
    }

    private Entry EntryOf(int slot, in FileStatus status) => new()
    {
        Node = new NodeId(_tree.Nodes[slot].Id),
        Generation = slot == NodeTable.Root ? 0 : _generation, // the kernel has made the root by itself
        EntryTimeout = _entryTimeout,
        AttributesTimeout = _attributesTimeout,
        Attributes = _tree.AttributesOf(slot, status),
    };
}
