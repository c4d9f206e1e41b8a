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
    /// Enters the gate of the directory that a copy goes to, with the copy's own gate held. There is no circle: that directory
    /// is in the upper already, and whoever waits for a second gate has a first one that is not.
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
