using System.Collections.Concurrent;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Brings up the rest of partial files in the background, each as soon as nobody has written to it for a while.</summary>
/// <remarks>It keeps the nodes that it looks after, as the kernel does with those that it was given.</remarks>
internal sealed class IdleSettling : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(1);

    private readonly Tree _tree;
    private readonly CopyUp _copyUp;
    private readonly OpenFiles _files;
    private readonly ConcurrentDictionary<int, bool> _watched = [];
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _starting = new(); // leaf; protects _thread
    private Thread? _thread;

    public IdleSettling(Tree tree, CopyUp copyUp, OpenFiles files)
    {
        (_tree, _copyUp, _files) = (tree, copyUp, files);
        tree.PartialWatch = Watch;
    }

    /// <summary>Ends what it is doing; the rest is for who settles at the unmount.</summary>
    public void Dispose()
    {
        _tree.PartialWatch = null;
        _stop.Set();
        lock (_starting) _thread?.Join();
    }

    // The caller has the node from the kernel, so it is there to be remembered.
    private void Watch(int slot)
    {
        if (!_watched.TryAdd(slot, true)) return;
        _tree.Nodes.Remember(slot);
        if (_thread is not null) return;
        lock (_starting)
        {
            if (_thread is not null || _stop.IsSet) return;
            _thread = new Thread(Run) { IsBackground = true, Name = "settling", Priority = ThreadPriority.BelowNormal };
            _thread.Start();
        }
    }

    private void Run()
    {
        while (!_stop.Wait(Round))
        {
            foreach (var (slot, _) in _watched)
            {
                if (_stop.IsSet) return;
                if (IsOver(slot) || Settle(slot)) Release(slot);
            }
        }
    }

    // What has lost its names goes with the last who uses it, and needs nothing more.
    private bool IsOver(int slot) => !_tree.Nodes[slot].Has(NodeFlags.Partial) || _tree.Nodes[slot].Has(NodeFlags.Orphan);

    private void Release(int slot)
    {
        if (_watched.TryRemove(slot, out _)) _tree.Nodes.Forget(slot, 1);
    }

    // True: nothing more is to be done here. What fails is tried again at the unmount, which can say so.
    private bool Settle(int slot)
    {
        if (_files.Enter(slot, write: true, out var file) != Errno.None) return true;
        try
        {
            if (file.Partial is not { } partial) return true;
            while (!partial.IsComplete)
            {
                if (_stop.IsSet || Environment.TickCount64 - partial.LastChange < Quiet.TotalMilliseconds) return false;
                if (_copyUp.FillMore(slot, file) != Errno.None) return true;
            }
            if (!_stop.IsSet) _ = _copyUp.Whole(slot);
            return true;
        }
        finally
        {
            file.Leave();
        }
    }
}
