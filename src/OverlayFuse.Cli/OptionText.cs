namespace OverlayFuse.Cli;

/// <summary>
/// The syntax of an option list: elements between commas, layers between colons, a backslash that takes the next byte as it
/// is, and a value in double quotes for the SELinux contexts (whose categories hold commas).
/// </summary>
internal static class OptionText
{
    private const byte Backslash = (byte)'\\';
    private const byte Quote = (byte)'"';

    /// <summary>The elements of <paramref name="text"/>; empty ones are left out, since container tools write ",," and closing commas.</summary>
    public static IEnumerable<OptionElement> Elements(byte[] text)
    {
        for (var start = 0; start <= text.Length;)
        {
            var end = ElementEnd(text.AsSpan(start)) + start;
            if (end > start) yield return Element(text.AsSpan(start, end - start));
            start = end + 1;
        }
    }

    /// <summary>The parts between unescaped colons, escapes resolved; an empty part stays, for the caller to refuse.</summary>
    public static List<byte[]> Layers(ReadOnlySpan<byte> value)
    {
        var layers = new List<byte[]>();
        while (true)
        {
            var end = Unescaped((byte)':', value);
            layers.Add(Unescape(value[..end]));
            if (end == value.Length) return layers;
            value = value[(end + 1)..];
        }
    }

    /// <summary>Takes the backslashes away. One that ends the text stands for itself.</summary>
    public static byte[] Unescape(ReadOnlySpan<byte> value)
    {
        var plain = new byte[value.Length];
        var length = 0;
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == Backslash && i + 1 < value.Length) i++;
            plain[length++] = value[i];
        }
        return plain[..length];
    }

    private static OptionElement Element(ReadOnlySpan<byte> element)
    {
        var equals = element.IndexOf((byte)'=');
        return equals < 0
            ? new OptionElement(ByteText.Show(element), null)
            : new OptionElement(ByteText.Show(element[..equals]), element[(equals + 1)..].ToArray());
    }

    private static int ElementEnd(ReadOnlySpan<byte> text)
    {
        // Quotes count only around a context: in a path they are ordinary bytes.
        var start = 0;
        var equals = text.IndexOf("context=\""u8);
        if (equals >= 0 && !text[..equals].Contains((byte)',') && !text[..equals].Contains((byte)'='))
        {
            var inside = equals + "context=\""u8.Length;
            var closing = text[inside..].IndexOf(Quote);
            if (closing >= 0) start = inside + closing;
        }
        return start + Unescaped((byte)',', text[start..]);
    }

    private static int Unescaped(byte separator, ReadOnlySpan<byte> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == Backslash) i++;
            else if (text[i] == separator) return i;
        }
        return text.Length;
    }
}
