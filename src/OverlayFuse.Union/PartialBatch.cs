using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Commits many partial files, or makes them plain, with two syncs of the upper's file system in place of two for each file. What does not come to the
/// disk that way is tried file by file, so that each hears of its own failure.
/// </summary>
/// <param name="smallest">A sync of the file system writes what others have written to it, too: for fewer files than this it is not worth that.</param>
internal sealed class PartialBatch(CopyUp copyUp, Upper upper, int smallest = 4)
{
    /// <summary>Has the maps of files say what is on disk.</summary>
    public void Commit(List<(int Slot, OpenFile File)> files)
    {
        if (files.Count >= smallest && upper.IsSyncedAsWhole && CommitTogether(files)) return;
        foreach (var (_, file) in files) file.Partial!.CommitUnasked();
    }

    /// <summary>Makes files plain that have all their bytes above.</summary>
    public void Complete(List<(int Slot, OpenFile File)> files)
    {
        if (files.Count >= smallest && upper.IsSyncedAsWhole && upper.Durability != Durability.Volatile && CompleteTogether(files)) return;
        foreach (var (slot, _) in files) _ = copyUp.Whole(slot, isHeard: false);
    }

    // False: some are not committed.
    private bool CommitTogether(List<(int Slot, OpenFile File)> files)
    {
        var pending = new List<(PartialFile File, PendingCommit Commit)>();
        foreach (var (_, file) in files)
        {
            if (file.Partial!.BeginCommit() is { } commit) pending.Add((file.Partial, commit));
        }
        if (pending.Count == 0) return true;
        if (upper.SyncFileSystem() != Errno.None || upper.Work.PartialMaps.MakeFenceDurable() != Errno.None) return false;

        var written = new List<(PartialFile File, long Written)>();
        foreach (var (file, commit) in pending)
        {
            if (file.Commit(commit) is { } length) written.Add((file, length));
        }
        if (upper.SyncFileSystem() != Errno.None) return false;
        foreach (var (file, length) in written) file.EndCommit(length);
        return written.Count == pending.Count;
    }

    // False: some are not plain.
    private bool CompleteTogether(List<(int Slot, OpenFile File)> files)
    {
        if (upper.SyncFileSystem() != Errno.None) return false;
        var unmarked = files.FindAll(it => it.File.Partial!.WasSynced() && copyUp.Unmark(it.Slot, it.File.Fd) == Errno.None);
        if (upper.SyncFileSystem() != Errno.None) return false;
        return unmarked.TrueForAll(it => copyUp.Release(it.Slot, it.File.Fd, syncs: false) == Errno.None) && unmarked.Count == files.Count;
    }
}
