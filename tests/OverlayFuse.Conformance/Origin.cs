namespace OverlayFuse.Conformance;

/// <summary>Where the objects that a case starts with lie.</summary>
[Flags]
public enum Origin
{
    /// <summary>In a lower layer, made before the mount: each change is a copy-up.</summary>
    Lower = 1,

    /// <summary>In the upper, made through the mount.</summary>
    Upper = 2,

    /// <summary>Directories in two lower layers, all else in either.</summary>
    Merged = 4,

    Below = Lower | Merged,
    Any = Lower | Upper | Merged,
}
