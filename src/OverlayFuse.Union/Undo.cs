namespace OverlayFuse.Union;

/// <summary>What has been opened on the way to a mount, to be given back in reverse order when the way ends early.</summary>
internal sealed class Undo : IDisposable
{
    private readonly Stack<Action> _steps = [];

    public void Add(Action step) => _steps.Push(step);

    /// <summary>All went well: everything stays.</summary>
    public void Keep() => _steps.Clear();

    public void Dispose()
    {
        while (_steps.TryPop(out var step)) step();
    }
}
