using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// An ordinary user's daemon may own a file of mode 0444 and yet may neither open it for writing nor set a mark on it. For the time of one
// call the mode of the upper object is widened; a journal in the work directory undoes it should the daemon die in between.
internal sealed partial class Upper
{
    private readonly Lock _widenedLock = new(); // leaf; protects _widened and the changes of the two counts
    private readonly Dictionary<int, uint> _widened = [];

    // How many are being widened now, and how many beginnings and ends there were: written under _widenedLock, read without it.
    private int _widening;
    private int _widenings;

    /// <summary>Opens an object whose mode forbids it, in the upper.</summary>
    public Errno OpenWidened(Tree tree, int slot, bool write, bool gateHeld, out Fd fd)
    {
        var opened = Fd.None;
        var error = Widened(tree, slot, gateHeld, place => OpenFiles.OpenAt(place, write, out opened));
        fd = opened;
        return error;
    }

    /// <summary>As <see cref="Widened"/>, for what is done on a descriptor.</summary>
    public Errno WidenedFile(Tree tree, int slot, bool gateHeld, Func<Fd, Errno> action) => Widened(tree, slot, gateHeld, place =>
    {
        var error = Syscall.OpenAt(place.Dir, place.Name, OpenFlags.Path | OpenFlags.NoFollow, 0, out var fd);
        if (error != Errno.None) return error;
        error = action(fd);
        fd.Close();
        return error;
    });

    /// <summary>
    /// Does something to an upper object while its mode, and that of the directory it is in, lets its owner read and write. ACCES when
    /// that is not the hindrance.
    /// </summary>
    public Errno Widened(Tree tree, int slot, bool gateHeld, WidenedPlace action)
    {
        if (credentials.IsRoot) return Errno.ACCES;
        if (!gateHeld) tree.Gate.Enter(slot);
        try
        {
            Span<byte> buffer = stackalloc byte[Tree.NameSize];
            while (true)
            {
                var error = tree.Enter(slot, buffer, out var place);
                if (error != Errno.None) return error;
                using (place)
                {
                    if (!place.IsUpper) return Errno.ACCES;
                    error = WidenAt(slot, place, action);
                    if (error == Errno.NOENT && tree.HasLeft(slot, place)) continue;
                }
                return error == Errno.ACCES ? InShutDirectory(tree, slot, gateHeld: true, place => WidenedOrNot(slot, place, action)) : error;
            }
        }
        finally
        {
            if (!gateHeld) tree.Gate.Leave(slot);
        }
    }

    /// <summary>
    /// Does something to an upper object while its owner may search the directory it is in: that may be shut while files in it are
    /// open, and whoever has them open goes on. ACCES when that is not the hindrance.
    /// </summary>
    public Errno InShutDirectory(Tree tree, int slot, bool gateHeld, WidenedPlace action)
    {
        if (credentials.IsRoot) return Errno.ACCES;
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        while (true)
        {
            if (!tree.Nodes.TryGetName(slot, buffer, out _, out var parent)) return Elsewhere(tree, slot, action);
            if (!tree.Gate.EnterAbove(parent, gateHeld ? slot : null)) continue;
            try
            {
                var error = InShutDirectoryAt(tree, slot, parent, action, out var hasMoved);
                if (!hasMoved) return error;
            }
            finally
            {
                tree.Gate.LeaveAbove(parent);
            }
        }
    }

    // Under the gate of the directory: no chmod of it meanwhile. The object may have moved to another one before that was taken.
    private Errno InShutDirectoryAt(Tree tree, int slot, int parent, WidenedPlace action, out bool hasMoved)
    {
        hasMoved = false;
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = tree.Enter(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place)
        {
            if (!place.IsUpper) return Errno.ACCES;
            if (place.Holder is not { } holder) return action(place); // it has lost its name since, and is out of any directory

            // The place holds the name lock of the directory that it is in. One that was left may be forgotten, and its slot another node's.
            hasMoved = (tree.Nodes[parent].State as UnionDirectory)?.Upper != holder;
            if (hasMoved) return Errno.None;
            error = BeginWide(parent, place.Dir.Fd, holder.PathFromRoot(), out var widening);
            if (error == Errno.ACCES) return action(place); // not ours to open up; but it may have come here since it was refused elsewhere
            if (error != Errno.None) return error;
            error = action(place);
            EndWide(place.Dir.Fd, widening);
            return error;
        }
    }

    // What has no name is in no directory that could be shut.
    private static Errno Elsewhere(Tree tree, int slot, WidenedPlace action)
    {
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = tree.Enter(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place) return place.IsUpper ? action(place) : Errno.ACCES;
    }

    private Errno WidenedOrNot(int slot, in Place place, WidenedPlace action)
    {
        var error = action(place);
        return error == Errno.ACCES ? WidenAt(slot, place, action) : error;
    }

    /// <summary>Does something to an upper object, with its mode widened where that is the hindrance.</summary>
    public Errno Change(Tree tree, int slot, WidenedPlace action)
    {
        Span<byte> buffer = stackalloc byte[Tree.NameSize];
        var error = tree.Enter(slot, buffer, out var place);
        if (error != Errno.None) return error;
        using (place) error = action(place);
        return error == Errno.ACCES ? Widened(tree, slot, gateHeld: false, action) : error;
    }

    /// <summary>As <see cref="Change"/>, for the names in an upper directory.</summary>
    public Errno Inside(Tree tree, int slot, Func<DirFd, Errno> action) => Change(tree, slot, place =>
    {
        var error = Syscall.OpenAt(place.Dir, place.Name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var fd);
        if (error != Errno.None) return error;
        error = action(new DirFd(fd.Number));
        fd.Close();
        return error;
    });

    /// <summary>Begins a reading of a mode; <see cref="ModeIsTrue"/> tells whether it can be believed.</summary>
    public int BeginReadingMode() => Volatile.Read(ref _widenings);

    /// <summary>True when no widening came between; else the caller looks again. A mode being widened is replaced by the true one.</summary>
    public bool ModeIsTrue(int begun, int slot, ref uint mode)
    {
        if (Volatile.Read(ref _widening) == 0 && Volatile.Read(ref _widenings) == begun) return true;
        lock (_widenedLock)
        {
            if (!_widened.TryGetValue(slot, out var own)) return _widenings == begun;
            mode = own;
            return true;
        }
    }

    private Errno WidenAt(int slot, in Place place, WidenedPlace action)
    {
        var error = Syscall.StatAt(place.Dir, place.Name, cached: false, out var status);
        if (error != Errno.None) return error;
        if (status.Uid != credentials.Uid || status.Type is not (FileType.Regular or FileType.Directory)) return Errno.ACCES;

        var mode = status.Mode & Mode.Permissions;
        var wide = WidenJournal.Wide(mode, status.Type);
        if (wide == mode) return action(place); // it was given this mode after the caller was refused

        // Orphans need no journal, as they go; the names of an index link have its inode, and stay. No lock keeps either there, and the mode has to
        // come back wherever they are: so by descriptor.
        var ticket = default(WidenTicket);
        var hasTicket = place.Holder is not null || place.Dir == work.Links;
        var pinned = Fd.None;
        if (place.Holder is null) error = Syscall.OpenAt(place.Dir, place.Name, OpenFlags.Path | OpenFlags.NoFollow, 0, out pinned);
        if (error == Errno.None && hasTicket)
            error = work.WidenJournal.Record(status.Inode, mode, place.Holder is { } holder ? holder.PathFromRoot(place.Name).AsSpan(1) : [WidenJournal.OfLink, .. place.Name], out ticket);
        if (error != Errno.None)
        {
            pinned.Close();
            return error;
        }

        Announce(slot, status.Mode);
        error = Chmod(place, pinned, wide);
        if (error == Errno.None)
        {
            error = action(place);
            hasTicket &= Chmod(place, pinned, mode) == Errno.None; // else the note stays, and the next mount restores the mode
        }
        Withdraw(slot);
        pinned.Close();
        if (hasTicket) work.WidenJournal.Done(ticket);
        return error;
    }

    private static Errno Chmod(in Place place, Fd pinned, uint mode) => pinned.IsOpen ? Syscall.Chmod(pinned, mode) : Syscall.ChmodAt(place.Dir, place.Name, mode);

    /// <summary>
    /// rename(2) of a directory that its owner may not write, which the kernel lets nobody but root give another parent. ACCES when
    /// that is not the hindrance.
    /// </summary>
    /// <param name="slot">Its node; 0 where nobody knows it yet.</param>
    /// <param name="path">Where the directory is afterwards beneath the upper, or before if it leaves it, with a leading slash.</param>
    public Errno MoveWidened(int slot, DirFd from, ReadOnlySpan<byte> name, DirFd to, ReadOnlySpan<byte> newName, RenameFlags flags, byte[] path)
    {
        if (credentials.IsRoot || Syscall.OpenAt(from, name, OpenFlags.Path | OpenFlags.NoFollow, 0, out var directory) != Errno.None) return Errno.ACCES;
        var error = BeginWide(slot, directory, path, out var widening);
        if (error == Errno.None)
        {
            error = Syscall.RenameAt2(from, name, to, newName, flags);
            EndWide(directory, widening);
        }
        directory.Close();
        return error;
    }

    /// <summary>
    /// Opens up a directory of ours until <see cref="EndWide"/>; one that was opened up after the caller was refused is left as it is. The
    /// caller sees to it that nobody changes its mode meanwhile.
    /// </summary>
    public Errno BeginWide(int slot, Fd directory, byte[] path, out Widening widening)
    {
        widening = default;
        if (credentials.IsRoot) return Errno.ACCES;
        var error = Syscall.Stat(directory, out var status);
        if (error != Errno.None) return error;
        var mode = status.Mode & Mode.Permissions;
        if (status.Uid != credentials.Uid || !status.IsDirectory) return Errno.ACCES;
        if ((mode & Mode.OwnerAll) == Mode.OwnerAll) return Errno.None;

        error = work.WidenJournal.Record(status.Inode, mode, path.Length > 1 ? path.AsSpan(1) : "."u8, out var ticket);
        if (error != Errno.None) return error;
        widening = new Widening(slot, mode, ticket);
        Announce(slot, status.Mode);
        error = Syscall.Chmod(directory, WidenJournal.Wide(mode, FileType.Directory));
        if (error == Errno.None) return Errno.None;
        Withdraw(slot);
        work.WidenJournal.Done(ticket);
        return error;
    }

    public void EndWide(Fd directory, in Widening widening)
    {
        if (widening.IsNone) return;
        var restored = Syscall.Chmod(directory, widening.Mode);
        Withdraw(widening.Slot);
        if (restored == Errno.None) work.WidenJournal.Done(widening.Ticket); // else the next mount restores the mode
    }

    // Whoever reads the mode of this node now is told the true one.
    private void Announce(int slot, uint mode)
    {
        lock (_widenedLock)
        {
            _widened[slot] = mode;
            _widening = _widened.Count;
            _widenings++;
        }
    }

    private void Withdraw(int slot)
    {
        lock (_widenedLock)
        {
            _widened.Remove(slot);
            _widening = _widened.Count;
            _widenings++;
        }
    }
}
