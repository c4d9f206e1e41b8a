namespace OverlayFuse.Union;

/// <summary>Where the bytes of a file are.</summary>
internal enum FileBytes
{
    Lower,

    /// <summary>Some blocks in the upper, the others below (<see cref="PartialFile"/>).</summary>
    Joined,

    Upper,
}
