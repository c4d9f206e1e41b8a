namespace OverlayFuse.Union;

/// <summary>A redirected directory whose tree is being brought into the upper; until all of it is there, the redirect stays.</summary>
internal sealed class MovedDirectory(int slot, MovedDirectory? above)
{
    public int Slot => slot;

    public bool HasFailed { get; private set; }

    /// <summary>Something in it could not be brought up: neither it nor the moved directories around it are whole.</summary>
    public void Fail()
    {
        for (var at = this; at is not null; at = at.Above) at.HasFailed = true;
    }

    private MovedDirectory? Above => above;
}
