namespace OverlayFuse.Cli;

/// <summary>When an image that is to be used is brought from its registry, as docker run --pull has it.</summary>
internal enum PullPolicy
{
    /// <summary>When it is not here.</summary>
    Missing,
    Always,
    Never,
}
