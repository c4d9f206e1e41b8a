namespace OverlayFuse.Union;

/// <summary>One copy-up of a node at a time: the second comer waits and then finds it done. Other nodes are not held up.</summary>
internal sealed class CopyUpGate
{
    private readonly HashSet<int> _inside = [];

    public void Enter(int node)
    {
        Ranks.Entering(Ranks.Gate);
        lock (_inside)
        {
            while (!_inside.Add(node)) Monitor.Wait(_inside);
        }
    }

    public void Leave(int node)
    {
        lock (_inside)
        {
            _inside.Remove(node);
            Monitor.PulseAll(_inside);
        }
        Ranks.Left(Ranks.Gate);
    }
}
