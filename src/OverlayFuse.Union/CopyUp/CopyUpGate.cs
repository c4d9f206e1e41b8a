namespace OverlayFuse.Union;

/// <summary>One copy-up of a node at a time: the second comer waits and then finds it done. Other nodes are not held up.</summary>
internal sealed class CopyUpGate
{
    private readonly HashSet<int> _inside = [];

    public void Enter(int node)
    {
        Ranks.Entering(Ranks.Gate);
        EnterAbove(node);
    }

    public void Leave(int node)
    {
        LeaveAbove(node);
        Ranks.Left(Ranks.Gate);
    }

    /// <summary>
    /// Enters the gate of the directory above, with the gate of an object in it held or none. There is no circle: second gates are taken
    /// towards the root only.
    /// </summary>
    public void EnterAbove(int directory)
    {
        lock (_inside)
        {
            while (!_inside.Add(directory)) Monitor.Wait(_inside);
        }
    }

    public void LeaveAbove(int directory)
    {
        lock (_inside)
        {
            _inside.Remove(directory);
            Monitor.PulseAll(_inside);
        }
    }
}
