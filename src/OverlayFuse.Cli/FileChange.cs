namespace OverlayFuse.Cli;

/// <summary>What is to become of a file, decided and not done yet.</summary>
/// <param name="Before">Null: there is none.</param>
/// <param name="After">Null: it goes.</param>
/// <param name="Backup">To be kept beside it, or null.</param>
internal sealed record FileChange(ConfigurationFile File, string? Before, string? After, string? Backup);
