namespace OverlayFuse.Conformance;

/// <summary>Who makes the calls of a case.</summary>
public enum Actor
{
    /// <summary>Root where the engine is root's, else its user: what is said holds for both.</summary>
    Anyone,

    /// <summary>An ordinary user who owns what the case starts with.</summary>
    Ordinary,

    /// <summary>Root, who may act as others (<see cref="Calls.As"/>).</summary>
    Root,
}
