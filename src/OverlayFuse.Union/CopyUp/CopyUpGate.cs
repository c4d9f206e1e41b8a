namespace OverlayFuse.Union;

/// <summary>One copy-up of a node at a time: the second comer waits and then finds it done. Other nodes are not held up.</summary>
internal sealed class CopyUpGate
{
    // Rank 1 is being inside; this protects both tables, for a moment only. A monitor and not a Lock, for it is waited on.
    private readonly object _tables = new();
    private readonly HashSet<int> _inside = [];
    private readonly Dictionary<int, int> _waiting = []; // who holds the gate of the key waits for the gate of the value

    public void Enter(int node)
    {
        Ranks.Entering(Ranks.Gate);
        lock (_tables)
        {
            while (!_inside.Add(node)) Monitor.Wait(_tables);
        }
    }

    public void Leave(int node)
    {
        LeaveAbove(node);
        Ranks.Left(Ranks.Gate);
    }

    /// <summary>
    /// Enters the gate of the directory above, with the gate of an object in it held or none. Second gates are taken towards the root only; but renames
    /// since the caller looked may have turned the two round. Then whoever waited first is sent back: false, and it looks again.
    /// </summary>
    public bool EnterAbove(int directory, int? held)
    {
        lock (_tables)
        {
            if (_inside.Add(directory)) return true;
            if (held is { } own)
            {
                BreakCircle(directory, own);
                _waiting[own] = directory;
            }
            do
            {
                Monitor.Wait(_tables);
                if (held is { } still && !_waiting.ContainsKey(still)) return false;
            }
            while (!_inside.Add(directory));
            if (held is { } done) _waiting.Remove(done);
            return true;
        }
    }

    // Before an edge is added there is no circle, so the way from its end is finite.
    private void BreakCircle(int directory, int held)
    {
        var last = directory;
        for (var at = directory; _waiting.TryGetValue(at, out var next); at = next) last = at;
        if (!_waiting.TryGetValue(last, out var end) || end != held) return;
        _waiting.Remove(last);
        Monitor.PulseAll(_tables);
    }

    public void LeaveAbove(int directory)
    {
        lock (_tables)
        {
            _inside.Remove(directory);
            Monitor.PulseAll(_tables);
        }
    }
}
