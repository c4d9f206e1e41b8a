namespace OverlayFuse.Image;

/// <summary>One instruction of a Dockerfile, its continued lines put together.</summary>
/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Keyword">In capitals.</param>
/// <param name="Flags">"--name=value" between keyword and arguments, without the dashes.</param>
/// <param name="Text">All behind the flags.</param>
public sealed record Instruction(int Line, string Keyword, IReadOnlyList<(string Name, string Value)> Flags, string Text)
{
    /// <summary>Those that its words open, in their order.</summary>
    public IReadOnlyList<HereDocument> Documents { get; init; } = [];

    /// <summary>As one line, for people and for the cache.</summary>
    public override string ToString() => string.Join(' ', [Keyword, .. Flags.Select(flag => flag.Value.Length > 0 ? $"--{flag.Name}={flag.Value}" : $"--{flag.Name}"), Text]);
}
