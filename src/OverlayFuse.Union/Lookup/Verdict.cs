namespace OverlayFuse.Union;

/// <summary>How the search for a name goes on after one layer was asked.</summary>
internal enum Verdict
{
    LookBelow,

    /// <summary>The name does not exist, whatever is below.</summary>
    Hidden,

    /// <summary>This is the object, or the last member of the directory.</summary>
    FoundAndStop,

    /// <summary>A member of the directory; there may be more below.</summary>
    FoundAndMerge,

    /// <summary>The members found so far are all; what is here is hidden by them.</summary>
    StopBeforeThis,
}
