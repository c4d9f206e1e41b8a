namespace OverlayFuse.Cli;

/// <summary>What becomes of a known option.</summary>
internal enum OptionKind
{
    /// <summary>The parser acts on it.</summary>
    Served,

    /// <summary>It asks for what is so anyway, or speaks to mount(8): accepted without a word.</summary>
    Silent,

    /// <summary>It tunes something we do otherwise: accepted, and said on stderr.</summary>
    NoEffect,

    /// <summary>Leaving it out would change owners, contents or safety: refused with a sentence.</summary>
    Refused,
}
