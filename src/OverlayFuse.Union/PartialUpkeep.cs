using System.Collections.Concurrent;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Looks after partial files in the background: brings up the rest of each as soon as nobody has written to it for a while, and has the
/// maps of those that are written say soon what is on disk, so that a loss of power takes little more from them than from other files.
/// </summary>
/// <remarks>
/// A sync(2) or syncfs(2) of the mount has the kernel write back its pages, and that is all we see of it: SYNCFS goes to virtiofs only, and in later
/// kernels to mounts of block devices. So nobody tells us when bytes are on disk, and maps are committed by the clock.
/// It keeps the nodes that it looks after, as the kernel does with those that it was given.
/// </remarks>
/// <param name="settles">Whether the rest is brought up; else it stays below until somebody asks.</param>
/// <param name="commits">Whether maps are committed; not on volatile mounts.</param>
internal sealed class PartialUpkeep(Tree tree, CopyUp copyUp, OpenFiles files, bool settles, bool commits) : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1); // after which a writer is taken to have ended for now
    private static readonly TimeSpan CommitEvery = TimeSpan.FromSeconds(5); // as ext4 does with its journal
    private static readonly TimeSpan LongestChange = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<int, Watched> _watched = [];
    private readonly PartialBatch _batch = new(copyUp, tree.Upper!);
    private readonly List<(int Slot, OpenFile File)> _committing = [];
    private readonly List<(int Slot, OpenFile File)> _completing = [];
    private readonly AutoResetEvent _stir = new(false);
    private readonly Lock _starting = new(); // leaf; protects the next one
    private volatile Thread? _thread;
    private volatile bool _isAsleep;
    private volatile bool _ending;
    private long _roundEnd;
    private bool _isUnfinished; // there is more to settle than fitted into the round

    /// <summary>Begins to work. There is one thread, whoever asks first: the mount, or a file that is watched before that.</summary>
    public void Start()
    {
        lock (_starting)
        {
            if (_thread is not null || _ending) return;
            var thread = new Thread(Run) { IsBackground = true, Name = "upkeep", Priority = ThreadPriority.BelowNormal };
            thread.Start();
            _thread = thread;
        }
    }

    /// <summary>Begins to look after a partial file that is about to be changed, or goes on to. Its node is known to the kernel.</summary>
    public void Watch(int slot)
    {
        tree.Nodes.Remember(slot); // first: what stands in the list may be given back at once
        var now = Environment.TickCount64;
        while (!_watched.TryAdd(slot, new Watched(now, now)))
        {
            if (!_watched.TryGetValue(slot, out var watched) || !_watched.TryUpdate(slot, watched with { LastChange = now }, watched)) continue;
            tree.Nodes.Forget(slot, 1);
            return;
        }
        if (_thread is null) Start();
        else if (_isAsleep) _stir.Set();
    }

    /// <summary>Ends what it is doing; the rest is for the settling at the unmount.</summary>
    public void Dispose()
    {
        lock (_starting) _ending = true;
        _stir.Set();
        _thread?.Join();
    }

    /// <summary>To be called at the end, when nobody changes anything any more: brings up the rest of the files that were being looked after.</summary>
    public void Complete()
    {
        foreach (var slot in _watched.Keys)
        {
            if (IsOver(slot) || files.Enter(slot, write: true, out var file) != Errno.None) continue;
            var error = Errno.None;
            while (error == Errno.None && file.Partial is { IsComplete: false }) error = CopyUp.FillMore(file);
            if (error == Errno.None && file.Partial is not null) _completing.Add((slot, file.Stay()));
            file.Leave();
            if (_completing.Count == files.Share) CompleteThese();
        }
        CompleteThese();
    }

    /// <summary>To be called at the end, where the file system cannot be synced as a whole: has the maps say what is on disk.</summary>
    public void Commit()
    {
        foreach (var slot in _watched.Keys)
        {
            if (IsOver(slot) || files.Enter(slot, write: false, out var file) != Errno.None) continue;
            file.Partial?.CommitUnasked();
            file.Leave();
        }
    }

    /// <summary>To be called at the end, when all maps are on disk: the marks of the files that were being looked after come to say so.</summary>
    public void Grow()
    {
        foreach (var slot in _watched.Keys)
        {
            if (files.Enter(slot, write: false, out var file) != Errno.None) continue;
            file.Partial?.Grow();
            file.Leave();
        }
    }

    /// <summary>What the map of a watched file needs.</summary>
    /// <param name="now">In the milliseconds of <see cref="Environment.TickCount64"/>, like the others.</param>
    /// <param name="committed">When it was last committed, or else when the file began to be watched.</param>
    /// <param name="lastChange">When a change last began; one that had not ended when the map was committed is why a file is watched for so long after.</param>
    internal static UpkeepStep Next(long now, long committed, long lastChange)
    {
        if (committed - lastChange >= LongestChange.TotalMilliseconds) return UpkeepStep.Release;
        if (now - committed >= CommitEvery.TotalMilliseconds) return UpkeepStep.Commit;
        var (pause, hadPaused) = (now - lastChange, committed - lastChange >= Pause.TotalMilliseconds);
        return pause >= Pause.TotalMilliseconds && !hadPaused ? UpkeepStep.Commit : UpkeepStep.Wait;
    }

    private void Run()
    {
        if (commits) Prepare(tree.Upper!);
        while (!_ending)
        {
            if (_watched.IsEmpty)
            {
                Sleep();
                continue; // what is watched now is being written
            }
            if (!_isUnfinished) _stir.WaitOne(Round);
            (_isUnfinished, _roundEnd) = (false, Environment.TickCount64 + (long)Round.TotalMilliseconds);
            foreach (var (slot, watched) in _watched)
            {
                if (_ending) break;
                if (IsOver(slot)) Release(slot);
                else if (IsDue(slot, watched)) LookAfter(slot, watched);
                if (_committing.Count == files.Share) CommitThese();
                if (_completing.Count == files.Share) CompleteThese();
            }
            CommitThese();
            CompleteThese();
        }
    }

    // The map of a partial file names its layer by a number: if that is on its way already when the first one is made, that file need not wait for it.
    // What else there is to sync has time: who copies the first files of a mount must not meet its commit in the journal.
    private void Prepare(Upper upper)
    {
        _ = upper.SyncLayerNumbers();
        _ = upper.Work.PartialMaps.HidesStaleBytes; // takes some calls to find out
        _stir.WaitOne(Round);
        if (!_ending) _ = upper.Work.Sync();
    }

    private void Sleep()
    {
        _isAsleep = true;
        Interlocked.MemoryBarrier(); // either what is watched by now is seen here, or whoever watches it sees this
        if (_watched.IsEmpty && !_ending) _stir.WaitOne();
        _isAsleep = false;
    }

    // What has lost its names goes with its last user, and needs nothing more.
    private bool IsOver(int slot) => !tree.Nodes[slot].Has(NodeFlags.Partial) || tree.Nodes[slot].Has(NodeFlags.Orphan);

    private void Release(int slot)
    {
        if (_watched.TryRemove(slot, out _)) tree.Nodes.Forget(slot, 1);
    }

    // Without opening it: there may be many more of them than descriptors.
    private bool IsDue(int slot, Watched watched)
    {
        var lastChange = Math.Max(watched.LastChange, files.LastChangeOf(slot));
        return (settles && IsQuiet(lastChange)) || (commits && Next(Environment.TickCount64, watched.Committed, lastChange) != UpkeepStep.Wait);
    }

    private void LookAfter(int slot, Watched watched)
    {
        if (files.Enter(slot, write: settles, out var file) is var error and not Errno.None)
        {
            if (!Search.Passes(error)) Release(slot); // else there is room another time
            return;
        }
        if (file.Partial is { } partial) LookAfter(slot, watched, file, partial);
        else Release(slot);
        file.Leave();
    }

    private void LookAfter(int slot, Watched watched, OpenFile file, PartialFile partial)
    {
        var (now, ownChange) = (Environment.TickCount64, partial.LastChange);
        var lastChange = Math.Max(watched.LastChange, ownChange);
        var step = Next(now, watched.Committed, lastChange);
        if (commits && step == UpkeepStep.Commit)
        {
            _committing.Add((slot, file.Stay()));
            _watched.TryUpdate(slot, new Watched(now, lastChange), watched); // else it was changed anew just now
        }
        else if (settles && IsQuiet(lastChange))
        {
            Settle(slot, file, partial);
        }
        else if (step == UpkeepStep.Release)
        {
            if (commits) partial.CommitUnasked(); // costs nothing but where a change was not seen
            LetRest(slot, partial, ownChange);
        }
    }

    private static bool IsQuiet(long lastChange) => Environment.TickCount64 - lastChange >= Quiet.TotalMilliseconds;

    private void Settle(int slot, OpenFile file, PartialFile partial)
    {
        var lastChange = partial.LastChange;
        while (!partial.IsComplete)
        {
            _isUnfinished |= Environment.TickCount64 >= _roundEnd; // others wait to be committed
            if (_ending || _isUnfinished || partial.LastChange != lastChange) return;
            if (CopyUp.FillMore(file) == Errno.None) continue;
            if (commits) partial.CommitUnasked();
            LetRest(slot, partial, lastChange);
            return;
        }
        _completing.Add((slot, file.Stay()));
    }

    private void CommitThese()
    {
        _batch.Commit(_committing);
        foreach (var (_, file) in _committing) file.Leave();
        _committing.Clear();
    }

    // What fails is tried again when the file was written once more, and at the unmount.
    private void CompleteThese()
    {
        if (_completing.Count == 0) return;
        var lastChanges = _completing.ConvertAll(it => it.File.Partial!.LastChange);
        _batch.Complete(_completing);
        for (var i = 0; i < _completing.Count; i++)
        {
            var (slot, file) = _completing[i];
            if (IsOver(slot))
            {
                Release(slot);
            }
            else if (file.Partial is { } partial)
            {
                if (commits) partial.CommitUnasked();
                LetRest(slot, partial, lastChanges[i]);
            }
            file.Leave();
        }
        _completing.Clear();
    }

    // Out of the list first: whoever changes it from now on, and sees that nobody watches, has to find its place free.
    private void LetRest(int slot, PartialFile partial, long lastChange)
    {
        if (!_watched.TryRemove(slot, out var watched)) return;
        if (partial.TryUnwatch(lastChange) || !_watched.TryAdd(slot, watched)) tree.Nodes.Forget(slot, 1);
    }

    /// <summary>A file in the list.</summary>
    /// <param name="Committed">When its map was last committed, or else when the file came into the list; as TickCount64.</param>
    /// <param name="LastChange">
    /// The last change that is known: the first one through each description, as that speaks up, and what was seen when it was looked after. A
    /// description may be put away meanwhile, with what it knows of later ones; they are in what the next one reads.
    /// </param>
    private readonly record struct Watched(long Committed, long LastChange);
}
