namespace OverlayFuse.Union;

/// <summary>
/// Locks on the names of directories: held for reading while an object is reached by its name, for writing while names change.
/// Directories share them by slot number.
/// </summary>
/// <remarks>Rank 2; of a pair the lower stripe is taken first. README.md, "Locks", has the order of all locks of this room.</remarks>
internal sealed class NameLocks
{
    private const int StripeCount = 128;

    private readonly ReaderWriterLockSlim[] _stripes = new ReaderWriterLockSlim[StripeCount];

    public NameLocks()
    {
        for (var i = 0; i < StripeCount; i++) _stripes[i] = new ReaderWriterLockSlim(LockRecursionPolicy.NoRecursion);
    }

    public void EnterRead(int directory)
    {
        Ranks.Entering(Ranks.Names);
        _stripes[directory % StripeCount].EnterReadLock();
    }

    public void LeaveRead(int directory)
    {
        _stripes[directory % StripeCount].ExitReadLock();
        Ranks.Left(Ranks.Names);
    }

    public void EnterWrite(int directory)
    {
        Ranks.Entering(Ranks.Names);
        _stripes[directory % StripeCount].EnterWriteLock();
    }

    public void LeaveWrite(int directory)
    {
        _stripes[directory % StripeCount].ExitWriteLock();
        Ranks.Left(Ranks.Names);
    }

    /// <summary>Both directories of a rename; they may be one, or share a stripe.</summary>
    public void EnterWrite(int one, int other)
    {
        var (first, second) = (Math.Min(one % StripeCount, other % StripeCount), Math.Max(one % StripeCount, other % StripeCount));
        Ranks.Entering(Ranks.Names);
        _stripes[first].EnterWriteLock();
        if (second != first) _stripes[second].EnterWriteLock();
    }

    public void LeaveWrite(int one, int other)
    {
        var (first, second) = (one % StripeCount, other % StripeCount);
        _stripes[first].ExitWriteLock();
        if (second != first) _stripes[second].ExitWriteLock();
        Ranks.Left(Ranks.Names);
    }
}
