namespace OverlayFuse.Union;

/// <summary>What <see cref="PartialUpkeep"/> does next with a file that it looks after.</summary>
internal enum UpkeepStep
{
    /// <summary>It was committed a moment ago.</summary>
    Wait,

    /// <summary>Its bytes are synced, and its map says so.</summary>
    Commit,

    /// <summary>Nobody has changed it for a while: whoever does has it watched again.</summary>
    Release,
}
