using System.Buffers.Text;
using System.Text;

namespace OverlayFuse.Union;

/// <summary>One field of a text that <see cref="FieldWriter"/> wrote.</summary>
public readonly record struct Field(string Key, byte[] Value)
{
    /// <summary>The value as a number; 0 where it is not one.</summary>
    public long Number => Utf8Parser.TryParse(Value, out long number, out var used) && used == Value.Length ? number : 0;

    /// <summary>The value as a choice; the first one where the word is not known, as from a later version.</summary>
    public T Choice<T>() where T : struct, Enum => Enum.TryParse<T>(Encoding.ASCII.GetString(Value), ignoreCase: true, out var choice) ? choice : default;

    /// <summary>The fields of a text in order; null where it is cut short or not such a text.</summary>
    public static List<Field>? ReadAll(ReadOnlySpan<byte> text)
    {
        var fields = new List<Field>();
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)0);
            var equals = end < 0 ? -1 : text[..end].IndexOf((byte)'=');
            if (equals < 0) return null;
            fields.Add(new Field(Encoding.ASCII.GetString(text[..equals]), text[(equals + 1)..end].ToArray()));
            text = text[(end + 1)..];
        }
        return fields;
    }
}
