using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Descriptors of files in use, at most so many at a time; the clock hand closes those that were not used for a round. A file
/// keeps its descriptor through unlink and rename, and gets another one when it is copied up or first written.
/// </summary>
internal sealed class OpenFiles(Tree tree, int capacity) : IDisposable
{
    private const int StripeCount = 64;

    private readonly Lock[] _stripes = [.. Enumerable.Range(0, StripeCount).Select(_ => new Lock())]; // rank 3; a stripe protects State of its file nodes
    private readonly Lock _ringLock = new(); // rank 4, taken alone; protects the ring and the pool
    private readonly OpenFile?[] _ring = new OpenFile?[capacity];
    private readonly Stack<OpenFile> _pool = new(capacity);
    private int _hand;

    /// <summary>Opens the bytes of a file, or takes the descriptor it has. Undo with <see cref="OpenFile.Leave"/>.</summary>
    public Errno Enter(int slot, bool write, out OpenFile file)
    {
        while (true)
        {
            if (TryEnter(slot, write, out file!)) return Errno.None;

            var error = Open(slot, write, out var fd, out var isUpper, out var isWritable);
            if (error != Errno.None) return error;
            if (Install(slot, fd, isUpper, isWritable, out file!)) return Errno.None;
        }
    }

    /// <summary>Gives a file that was just made the descriptor it was made with.</summary>
    public void Adopt(int slot, Fd fd)
    {
        if (Install(slot, fd, isUpper: true, isWritable: true, out var file)) file!.Leave();
    }

    public void Dispose()
    {
        foreach (var file in _ring)
        {
            if (file is null) continue;
            lock (file.Stripe)
            {
                // A number that is closed under its user could be another file's the next moment.
                if (file.Pins == 0) file.Close();
                else file.IsAbandoned = true;
            }
        }
    }

    private Lock StripeOf(int slot) => _stripes[slot % StripeCount];

    private bool IsUpperData(int slot) => (tree.Nodes[slot].Flags & (NodeFlags.Upper | NodeFlags.Metacopy)) == NodeFlags.Upper;

    private bool TryEnter(int slot, bool write, out OpenFile? file)
    {
        lock (StripeOf(slot))
        {
            file = tree.Nodes[slot].State as OpenFile;
            if (file is null || !file.Fd.IsOpen || file.IsUpper != IsUpperData(slot) || (write && !file.IsWritable)) return false;
            file.Pins++;
            file.IsRecentlyUsed = true;
            return true;
        }
    }

    // Never O_APPEND and never O_WRONLY: the kernel gives offsets, and reads partial pages before it writes them.
    private Errno Open(int slot, bool write, out Fd fd, out bool isUpper, out bool isWritable)
    {
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        isWritable = write;
        fd = Fd.None;
        isUpper = false;
        tree.LearnData(slot);
        var error = tree.EnterData(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place)
        {
            isUpper = place.IsUpper;
            error = OpenAt(place, write, out fd);
            if (error != Errno.ACCES || !isUpper) return error;
        }
        return tree.Upper!.OpenWidened(tree, slot, write, gateHeld: false, out fd);
    }

    internal static Errno OpenAt(in Place place, bool write, out Fd fd)
    {
        var flags = (write ? OpenFlags.ReadWrite : OpenFlags.ReadOnly) | OpenFlags.NoFollow | OpenFlags.NonBlock;
        return Syscall.OpenAt2(place.Dir, place.Name, flags, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoXdev, out fd) switch
        {
            Errno.NOSYS => Syscall.OpenAt(place.Dir, place.Name, flags, 0, out fd), // before kernel 5.6
            var error => error,
        };
    }

    // False when somebody else was first with one that serves as well.
    private bool Install(int slot, Fd fd, bool isUpper, bool isWritable, out OpenFile? file)
    {
        var fresh = Rent();
        OpenFile? old;
        lock (StripeOf(slot))
        {
            old = tree.Nodes[slot].State as OpenFile;
            var serves = old is { Fd.IsOpen: true } && old.IsUpper == IsUpperData(slot) && (old.IsWritable || !isWritable);
            if (serves || isUpper != IsUpperData(slot))
            {
                Return(fresh);
                fd.Close();
                file = null;
                return false;
            }
            (fresh.Fd, fresh.Node, fresh.NodeId, fresh.Pins, fresh.IsRecentlyUsed, fresh.IsAbandoned) = (fd, slot, tree.Nodes[slot].Id, 1, true, false);
            (fresh.IsUpper, fresh.IsWritable, fresh.Stripe) = (isUpper, isWritable, StripeOf(slot));
            tree.Nodes[slot].State = fresh;
            if (old is not null)
            {
                old.IsAbandoned = true;
                if (old.Pins == 0) old.Close();
            }
            file = fresh;
        }
        Add(fresh);
        return true;
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
            for (var tries = 0; tries < 2 * capacity; tries++)
            {
                _hand = (_hand + 1) % capacity;
                var candidate = _ring[_hand];
                if (candidate is not null && !TryEvict(candidate)) continue;
                if (candidate is not null && _pool.Count < capacity) _pool.Push(candidate);
                _ring[_hand] = file;
                return;
            }
        }
    }

    // Under the ring lock. The stripe is only tried: its holder may be waiting for the ring.
    private bool TryEvict(OpenFile file)
    {
        if (!file.Stripe.TryEnter()) return false;
        try
        {
            if (file.Pins > 0) return false;
            if (file.IsRecentlyUsed && file.Fd.IsOpen)
            {
                file.IsRecentlyUsed = false;
                return false;
            }
            file.Close();
            // The slot may be another node's by now.
            if (!file.IsAbandoned) Interlocked.CompareExchange(ref tree.Nodes[file.Node].State, null, file);
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
