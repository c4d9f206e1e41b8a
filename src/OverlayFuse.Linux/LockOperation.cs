namespace OverlayFuse.Linux;

/// <summary>The operations of flock(2).</summary>
[Flags]
public enum LockOperation
{
    Shared = 1,
    Exclusive = 2,
    NonBlocking = 4,
    Unlock = 8,
}
