using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>What STATX is answered with, where it tells more than GETATTR: the birth time.</summary>
public struct ExtendedAttributes
{
    public Attributes Attributes;
    public TimeSpan Timeout;
    public bool HasBirthTime;
    public Timestamp BirthTime;
}
