namespace OverlayFuse.Cli;

/// <summary>One element of an option list, as in "upperdir=/u" or "volatile". The value still has its escapes; null: there was no "=".</summary>
internal readonly record struct OptionElement(string Name, byte[]? RawValue)
{
    /// <summary>The element as a message shows it.</summary>
    public override string ToString() => RawValue is null ? Name : $"{Name}={ByteText.Show(RawValue)}";
}
