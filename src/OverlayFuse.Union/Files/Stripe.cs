namespace OverlayFuse.Union;

/// <summary>A lock of <see cref="OpenFiles"/> (rank 3). It protects the state of the file nodes that share it.</summary>
internal sealed class Stripe
{
    private readonly Lock _lock = new();

    /// <summary>Holds the lock until the result is disposed.</summary>
    public Scope Enter()
    {
        Ranks.Entering(Ranks.OpenFiles);
        _lock.Enter();
        return new Scope(this);
    }

    public bool TryEnter()
    {
        if (!_lock.TryEnter()) return false;
        Ranks.Entering(Ranks.OpenFiles);
        return true;
    }

    public void Exit()
    {
        _lock.Exit();
        Ranks.Left(Ranks.OpenFiles);
    }

    public readonly ref struct Scope(Stripe stripe)
    {
        public void Dispose() => stripe.Exit();
    }
}
