namespace OverlayFuse.Cli;

/// <summary>A row of <see cref="OptionTable"/>.</summary>
/// <param name="Name">As written, without "=".</param>
/// <param name="Why">For <see cref="OptionKind.NoEffect"/> and <see cref="OptionKind.Refused"/>: the reason, a clause without a full stop.</param>
/// <param name="Harmless">Values that ask for what is so anyway; with one of them the option is silent.</param>
internal sealed record KnownOption(string Name, OptionKind Kind, string Why = "", params string[] Harmless);
