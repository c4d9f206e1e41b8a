using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// What is on disk, and how the map comes to say so: by itself, or together with others.
internal sealed partial class PartialFile
{
    /// <summary>Syncs the upper, and has the map say what is on disk now.</summary>
    public Errno Sync(bool dataOnly)
    {
        var error = Commit(dataOnly, isAsked: true);
        lock (_telling)
        {
            if (error == Errno.None) error = _untold;
            (_untold, _refused) = (Errno.None, Errno.None);
        }
        return error;
    }

    /// <summary>Syncs the bytes of a file that has them all, before it ceases to be partial. An error, this one or an earlier one that nobody was told, leaves it as it is.</summary>
    /// <param name="isHeard">Somebody is told what this returns; else it is kept for the next who asks.</param>
    /// <returns>IO whatever it was: anything else would be taken for a reason why the rest cannot come up.</returns>
    public Errno SyncWhole(bool isHeard)
    {
        lock (_telling)
        {
            if (Syscall.FDataSync(_upper) is var error and not Errno.None) (_untold, _refused) = (error, error);
            if (_untold == Errno.None) return Errno.None;
            if (isHeard) (_untold, _refused) = (Errno.None, Errno.None);
            return Errno.IO;
        }
    }

    /// <summary>
    /// Sync that nobody waits for: what fails is told by the next one. It costs nothing where the map has nothing new to say: what is written to
    /// blocks that are committed goes to disk as with any file.
    /// </summary>
    public void CommitUnasked()
    {
        lock (_telling)
        {
            if (Commit(dataOnly: true, isAsked: false) is var error and not Errno.None) _untold = error;
        }
    }

    /// <summary>Begins a commit together with other files; null: there is nothing to commit. The file system is synced then.</summary>
    public PendingCommit? BeginCommit()
    {
        lock (_change) return _map.TakeUncommitted(out var words, out var sequence) ? new PendingCommit(words, sequence) : null;
    }

    /// <summary>The file system was synced, so what was taken is written to the map. The file system is synced once more then.</summary>
    /// <returns>What <see cref="EndCommit"/> has to know; null: it failed.</returns>
    public long? Commit(in PendingCommit pending)
    {
        if (!WasSynced()) return null;
        lock (_change)
        {
            var error = _map.Commit(pending.Words, pending.Sequence);
            return error == Errno.None ? _map.Written : null;
        }
    }

    /// <summary>The file system was synced again, and with it the map.</summary>
    public void EndCommit(long written)
    {
        lock (_telling)
        {
            if (_map.WasSynced(written) is var error and not Errno.None) _untold = error;
            else Grow();
        }
    }

    /// <summary>Whether all bytes came to the disk with a sync of the file system. What has failed is told by the next sync of this file.</summary>
    public bool WasSynced()
    {
        lock (_telling)
        {
            if (Syscall.AwaitWriteback(_upper) is var error and not Errno.None) (_untold, _refused) = (error, error);
            return _untold == Errno.None;
        }
    }

    /// <summary>To be called when the map is on disk: it has to be there from now on.</summary>
    public void Grow()
    {
        if (Interlocked.Exchange(ref _isYoung, 0) == 1) Upper.GrowPartial(_upper, _mark);
    }

    private Errno Commit(bool dataOnly, bool isAsked)
    {
        ulong[]? words = null;
        ulong sequence = 0;
        lock (_change)
        {
            if (!_map.TakeUncommitted(out words, out sequence)) words = null;
        }
        if (words is null && !isAsked) return Errno.None;
        var error = dataOnly ? Syscall.FDataSync(_upper) : Syscall.FSync(_upper);
        if (error != Errno.None && !isAsked) _refused = error;
        if (words is null || error != Errno.None) return error;
        lock (_change) error = _map.Commit(words, sequence);
        if (error == Errno.None) error = _map.MakeDurable(); // nobody waits for that
        if (error == Errno.None) Grow();
        return error;
    }
}
