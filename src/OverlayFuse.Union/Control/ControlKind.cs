namespace OverlayFuse.Union;

/// <summary>What a live mount is asked. Numbers travel; they are never given a new meaning.</summary>
public enum ControlKind : uint
{
    /// <summary>Why a path is what it is; the argument is the path.</summary>
    Explain = 1,

    /// <summary>What the upper adds, changes and deletes.</summary>
    Changes = 2,

    /// <summary>How the union is doing.</summary>
    Status = 3,
}
