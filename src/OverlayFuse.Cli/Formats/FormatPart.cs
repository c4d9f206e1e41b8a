namespace OverlayFuse.Cli;

/// <summary>A piece of a template: text, a value, or a block with what is inside it.</summary>
internal sealed class FormatPart
{
    /// <summary>Text as it stands; null for the others.</summary>
    public string? Text { get; init; }

    /// <summary>"if", "range", "with", "template", "break", "continue", or nothing.</summary>
    public string Keyword { get; init; } = "";

    /// <summary>The name of the template that stands in this place, which may be defined further down.</summary>
    public string Template { get; init; } = "";

    /// <summary>The variables that get the value, as in "$key, $value := .Labels".</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>They are made here (:=); else they get another value (=).</summary>
    public bool IsNew { get; init; }

    /// <summary>The words of the expression.</summary>
    public List<string> Words { get; init; } = [];

    public List<FormatPart> Inside { get; } = [];

    /// <summary>Behind "else".</summary>
    public List<FormatPart> Otherwise { get; } = [];
}
