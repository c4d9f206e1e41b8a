namespace OverlayFuse.Union;

/// <summary>What the upper does to a path.</summary>
public enum ChangeKind
{
    Added,
    Modified,
    Deleted,
}
