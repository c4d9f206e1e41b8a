using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Files that are partly in the upper: what becomes of them when they are synced, and when the union ends.
public sealed partial class UnionFileSystem
{
    /// <summary>
    /// To be called when nothing asks any more: brings up what is still below of partial files, or, where that may stay there, has their maps
    /// say what is on disk.
    /// </summary>
    /// <param name="isServing">
    /// A request would not end and may be at a map still. Of a partial file there must be one description at a time, as both would write whole words of bits
    /// from what each has read: so nothing is done.
    /// </param>
    /// <returns>What could not be done: a sentence each, for people.</returns>
    public IReadOnlyList<string> End(bool isServing = false)
    {
        _upkeep?.Dispose();
        if (Upper is not { } upper) return [];
        if (upper.Work.PartialMaps.IsEmpty)
        {
            _ = upper.Work.PartialMaps.RemoveAll(); // a fence may be left
            return [];
        }
        if (isServing) return ["a request had not ended when the mount did, so files that are partly in the upper stay as they are; the next mount goes on with them"];
        upper.Work.SayEnding();
        var report = new SettleReport();
        List<string> problems = [];
        var settles = upper.Partial.Settle != SettlePolicy.Never;
        if (settles) _upkeep?.Complete(); // first, as it takes many at a time
        AddRefused(problems); // before they are opened anew
        if (settles) PartialSettling.Run(PlantAgain(), upper, report);
        problems.AddRange(report.Problems.Select(problem => $"{Encoding.UTF8.GetString(problem.Path)} is still partly in its lower layer: {problem.Reason}"));
        if (CommitMaps(upper) is var error and not Errno.None) problems.Add($"what was written to files that are partly in the upper may not be on disk: {error.Describe()}");
        return problems;
    }

    private void AddRefused(List<string> problems)
    {
        foreach (var (slot, error) in _files.Refused())
        {
            var path = Encoding.UTF8.GetString(_tree.PathOf(slot, []));
            problems.Add($"what was written to {path} may not be on disk: {error.Describe()} when it was synced in the background. Write it again, and look at the disk");
        }
    }

    // Of the files that stay as they are. On this boot the bits count as they stand; after the next, only what was committed.
    private Errno CommitMaps(Upper upper)
    {
        if (upper.Work.PartialMaps.IsEmpty || upper.Durability == Durability.Volatile) return Errno.None;
        if (!upper.IsSyncedAsWhole)
        {
            _upkeep?.Commit();
            return Errno.None;
        }
        var error = upper.SyncFileSystem();
        if (error == Errno.None) error = upper.Work.PartialMaps.CommitAll();
        if (error == Errno.None) _upkeep?.Grow();
        return error == Errno.None ? upper.SyncFileSystem() : error;
    }

    // Where that fails, the bytes are an error and the size is what it is.
    private void RecoverPartial(int slot)
    {
        if (_files.Enter(slot, write: false, out var file) == Errno.None) file.Leave();
        _tree.Nodes[slot].Clear(NodeFlags.Unrecovered);
    }

    // A lower layer that nobody has declared immutable may be replaced some day: what is synced must not depend on it. Where there is no
    // room for the rest, what was written is on disk nevertheless.
    private Errno CompleteToSync(int slot)
    {
        if (!_tree.Nodes[slot].Has(NodeFlags.Partial) || Upper!.Partial.AreLowersImmutable || Upper.Durability == Durability.Volatile) return Errno.None;
        var error = _copyUp.Whole(slot);
        return error is Errno.NOSPC or Errno.DQUOT ? Errno.None : error;
    }
}
