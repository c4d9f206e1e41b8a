using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Descriptors of files in use, at most so many at a time; the clock hand closes those that were not used for a round. A file
/// keeps its descriptor through unlink and rename, and gets another one when it is copied up or first written.
/// </summary>
internal sealed class OpenFiles : IDisposable
{
    private const int StripeCount = 64;

    private readonly Tree _tree;
    private readonly Stripe[] _stripes = new Stripe[StripeCount];
    private readonly Lock _ringLock = new(); // rank 4, taken alone; protects the ring and the pool
    private readonly OpenFile?[] _ring;
    private readonly Stack<OpenFile> _pool = new();
    private int _hand;

    public OpenFiles(Tree tree, int capacity)
    {
        _tree = tree;
        _ring = new OpenFile?[capacity];
        for (var i = 0; i < StripeCount; i++) _stripes[i] = new Stripe();
    }

    /// <summary>Opens the bytes of a file, or takes the descriptor it has. Undo with <see cref="OpenFile.Leave"/>.</summary>
    public Errno Enter(int slot, bool write, out OpenFile file)
    {
        while (true)
        {
            if (TryEnter(slot, write, out file!)) return Errno.None;

            var bytes = BytesOf(slot);
            var error = bytes == FileBytes.Joined ? OpenJoined(slot, out file!) : Open(slot, write, out file!);
            if (error != Errno.None || file is not null) return error; // else its bytes moved meanwhile, or another was first
        }
    }

    /// <summary>Gives a file that was just made the descriptor it was made with.</summary>
    public void Adopt(int slot, Fd fd)
    {
        Install(slot, fd, FileBytes.Upper, isWritable: true, null, out var file);
        file?.Leave();
    }

    /// <summary>
    /// Keeps a file by its descriptor, which can read and write, from now until the node goes: so its last name may be removed. False: then it has to be kept
    /// by a link, because nobody may open it for writing (a mode of an ordinary user's, a program that runs), or too many are kept so.
    /// </summary>
    /// <param name="place">Where the file is; the caller has locked the names of the directory.</param>
    public bool Hold(int slot, in Place place)
    {
        if (Interlocked.Increment(ref _tree.HeldFiles) <= _ring.Length / 4 && Pin(slot, place, out var file))
        {
            using (file.Stripe.Enter())
            {
                if (file.IsHeld) file.Pins--; // it was let go once
                file.IsHeld = true;
            }
            _tree.Nodes[slot].Set(NodeFlags.Held);
            return true;
        }
        Interlocked.Decrement(ref _tree.HeldFiles);
        return false;
    }

    /// <summary>Undoes <see cref="Hold"/>: the file still has its name. Its descriptor stays for as long as the node, since somebody may be going by its number.</summary>
    public void LetGo(int slot)
    {
        _tree.Nodes[slot].Clear(NodeFlags.Held);
        Interlocked.Decrement(ref _tree.HeldFiles);
    }

    private bool Pin(int slot, in Place place, out OpenFile file)
    {
        if (TryEnter(slot, write: true, out file!)) return true;
        if (OpenAt(place, write: true, out var fd) != Errno.None) return false;
        Install(slot, fd, FileBytes.Upper, isWritable: true, null, out file!);
        return file is not null || TryEnter(slot, write: true, out file!);
    }

    public void Dispose()
    {
        foreach (var file in _ring)
        {
            if (file is null) continue;
            using (file.Stripe.Enter())
            {
                // A number that is closed under its user could be another file's the next moment.
                if (file.Pins == 0 || file is { IsHeld: true, Pins: 1 }) file.Close();
                else file.IsAbandoned = true;
            }
        }
    }

    /// <summary>How many files somebody may keep open at a time beside what is asked of others.</summary>
    public int Share => Math.Clamp(_ring.Length / 8, 1, 64);

    /// <summary>The partial files whose bytes the disk has refused without anybody being told (<see cref="PartialFile.Refused"/>).</summary>
    public List<(int Slot, Errno Error)> Refused()
    {
        var refused = new List<(int Slot, Errno Error)>();
        lock (_ringLock)
        {
            foreach (var file in _ring)
            {
                if (file is { IsAbandoned: false, Partial.Refused: not Errno.None }) refused.Add((file.Node, file.Partial.Refused));
            }
        }
        return refused;
    }

    /// <summary>What protects the state of a file node, its times while they are written back too.</summary>
    public Stripe StripeOf(int slot) => _stripes[slot % StripeCount];

    /// <summary>When a partial file that is open was last changed (<see cref="PartialFile.LastChange"/>); 0 where it is not open.</summary>
    public long LastChangeOf(int slot)
    {
        using (StripeOf(slot).Enter()) return (_tree.Nodes[slot].State as OpenFile)?.Partial?.LastChange ?? 0;
    }

    private FileBytes BytesOf(int slot)
    {
        var flags = _tree.Nodes[slot].Flags;
        if ((flags & NodeFlags.Partial) != 0) return FileBytes.Joined;
        return (flags & (NodeFlags.Upper | NodeFlags.Metacopy)) == NodeFlags.Upper ? FileBytes.Upper : FileBytes.Lower;
    }

    private bool TryEnter(int slot, bool write, out OpenFile? file)
    {
        using (StripeOf(slot).Enter())
        {
            file = _tree.Nodes[slot].State as OpenFile;
            if (file is null || !file.Fd.IsOpen || file.Bytes != BytesOf(slot) || (write && !file.IsWritable)) return false;
            file.Pins++;
            file.IsRecentlyUsed = true;
            return true;
        }
    }

    // Never O_APPEND and never O_WRONLY: the kernel gives offsets, and reads partial pages before it writes them.
    private Errno Open(int slot, bool write, out OpenFile? file)
    {
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        file = null;
        var error = _tree.LearnData(slot);
        if (error != Errno.None) return error;
        error = _tree.EnterData(slot, buffer, out var place);
        if (error != Errno.None) return error;
        var isUpper = place.IsUpper;
        Fd fd;
        using (place)
        {
            error = OpenAt(place, write, out fd);
            if (error == Errno.NOENT && _tree.HasLeft(slot, place)) return Errno.None; // no file: the caller looks again
        }
        if (error == Errno.ACCES && isUpper) error = _tree.Upper!.OpenWidened(_tree, slot, write, gateHeld: false, out fd);
        if (error == Errno.None) Install(slot, fd, isUpper ? FileBytes.Upper : FileBytes.Lower, write, null, out file);
        return error;
    }

    // Of a partial file there is one description at a time, for its bits are read once: whoever opens it keeps others out, and finds on disk
    // what the last one did, which is put away only when nobody uses it.
    private Errno OpenJoined(int slot, out OpenFile? file)
    {
        file = null;
        _tree.Gate.Enter(slot);
        try
        {
            if (BytesOf(slot) != FileBytes.Joined || TryEnter(slot, write: true, out file)) return Errno.None;
            var error = OpenObject(slot, out var upper);
            if (error != Errno.None) return error;
            error = Join(slot, upper, out var partial);
            if (error == Errno.None) Install(slot, upper, FileBytes.Joined, isWritable: true, partial, out file);
            else upper.Close();
            return error;
        }
        finally
        {
            _tree.Gate.Leave(slot);
        }
    }

    /// <summary>Opens the upper object of a file for writing. The caller holds the gate of the file.</summary>
    public Errno OpenObject(int slot, out Fd fd)
    {
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        fd = Fd.None;
        while (true)
        {
            var error = _tree.Enter(slot, buffer, out var place);
            if (error != Errno.None) return error;
            using (place)
            {
                error = OpenAt(place, write: true, out fd);
                if (error == Errno.NOENT && _tree.HasLeft(slot, place)) continue;
            }
            return error == Errno.ACCES ? _tree.Upper!.OpenWidened(_tree, slot, write: true, gateHeld: true, out fd) : error;
        }
    }

    // A lower file that has vanished does not keep anybody from what is above; any other error may be gone the next time.
    private Errno Join(int slot, Fd upper, out PartialFile? partial)
    {
        partial = null;
        var maps = _tree.Upper!.Work.PartialMaps;
        var error = Upper.ReadPartial(upper, out var mark);
        PartialMap? map = null;
        if (error == Errno.None) error = maps.Open(mark, out map);
        if (Search.Passes(error)) return error;
        if (error != Errno.None) return Errno.IO; // where its bytes are cannot be told
        var (lower, layer) = (Fd.None, 0);
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        error = _tree.EnterData(slot, buffer, out var place);
        if (error == Errno.IO) error = Errno.NOENT; // the search has not found it
        if (error == Errno.None)
        {
            using (place)
            {
                layer = place.Holder!.Layer.Number;
                error = OpenAt(place, write: false, out lower);
            }
        }
        if (error is Errno.None or Errno.NOENT or Errno.NOTDIR or Errno.LOOP or Errno.ACCES)
            return PartialFile.Open(upper, lower, layer, map!, mark, maps.Boot, _tree.PartialWatch is { } watch ? () => watch(slot) : null, out partial);
        map!.Close();
        return error;
    }

    internal static Errno OpenAt(in Place place, bool write, out Fd fd)
    {
        var flags = (write ? OpenFlags.ReadWrite : OpenFlags.ReadOnly) | OpenFlags.NoFollow | OpenFlags.NonBlock;
        if (place.Name.IsEmpty) return Syscall.OpenAt(place.Dir, place.Name, flags, 0, out fd);
        return Syscall.OpenAt2(place.Dir, place.Name, flags, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoXdev, out fd) switch
        {
            Errno.NOSYS => Syscall.OpenAt(place.Dir, place.Name, flags, 0, out fd), // before kernel 5.6
            var error => error,
        };
    }

    // No file when somebody else was first with one that serves as well, or the bytes are elsewhere by now.
    private void Install(int slot, Fd fd, FileBytes bytes, bool isWritable, PartialFile? partial, out OpenFile? file)
    {
        var fresh = Rent();
        using (StripeOf(slot).Enter())
        {
            var old = _tree.Nodes[slot].State as OpenFile;
            var serves = old is { Fd.IsOpen: true } && old.Bytes == BytesOf(slot) && (old.IsWritable || !isWritable);
            if (serves || bytes != BytesOf(slot))
            {
                Return(fresh);
                partial?.Close();
                fd.Close();
                file = null;
                return;
            }
            (fresh.Fd, fresh.Node, fresh.NodeId, fresh.Pins, fresh.IsRecentlyUsed, fresh.IsAbandoned) = (fd, slot, _tree.Nodes[slot].Id, 1, true, false);
            (fresh.Bytes, fresh.IsWritable, fresh.Partial, fresh.Stripe, fresh.IsHeld) = (bytes, isWritable, partial, StripeOf(slot), false);
            fresh.Follow(old);
            _tree.Nodes[slot].State = fresh;
            if (old is not null)
            {
                old.IsAbandoned = true;
                if (old.Pins == 0) old.Close();
            }
            file = fresh;
        }
        Add(fresh);
    }

    private OpenFile Rent()
    {
        lock (_ringLock) return _pool.TryPop(out var file) ? file : new OpenFile();
    }

    private void Return(OpenFile file)
    {
        lock (_ringLock) _pool.Push(file);
    }

    private void Add(OpenFile file)
    {
        lock (_ringLock)
        {
            for (var tries = 0; tries < 3 * _ring.Length; tries++)
            {
                _hand = (_hand + 1) % _ring.Length;
                var candidate = _ring[_hand];
                if (candidate is not null && !TryEvict(candidate, hasChoice: tries < 2 * _ring.Length)) continue;
                if (candidate is not null && _pool.Count < _ring.Length) _pool.Push(candidate);
                _ring[_hand] = file;
                return;
            }
        }
    }

    // Under the ring lock. The stripe is only tried: its holder may be waiting for the ring. A file of whose failure nobody knows yet stays where others can go.
    private bool TryEvict(OpenFile file, bool hasChoice)
    {
        if (!file.Stripe.TryEnter()) return false;
        try
        {
            if (file.Pins > 0 || (hasChoice && file.Partial is { HasUntold: true })) return false;
            if (file.IsRecentlyUsed && file.Fd.IsOpen)
            {
                file.IsRecentlyUsed = false;
                return false;
            }
            file.Close();
            // The slot may be another node's by now.
            if (!file.IsAbandoned) Interlocked.CompareExchange(ref _tree.Nodes[file.Node].State, null, file);
            file.IsAbandoned = true;
            file.NodeId = 0;
            return true;
        }
        finally
        {
            file.Stripe.Exit();
        }
    }
}
