using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>The records of a pax header: "LENGTH KEY=VALUE\n", which say what the fixed header of an entry cannot.</summary>
internal sealed class PaxRecords
{
    private const int MaxRecords = 4096;

    private readonly List<(byte[] Key, byte[] Value)> _records = [];
    private int _length;

    private static ReadOnlySpan<byte> XattrPrefix => "SCHILY.xattr."u8;

    /// <summary>Adds those of one header; several may follow each other.</summary>
    public void Read(ReadOnlySpan<byte> text)
    {
        _length += text.Length;
        if (_length > TarReader.LongestDescription) throw new InvalidDataException($"headers of {_length} bytes in a row are too long; {TarReader.LongestDescription} are allowed");
        while (!text.IsEmpty)
        {
            if (!Utf8Parser.TryParse(text, out int length, out var digits) || length <= digits + 1 || length > text.Length || text[digits] != ' ' || text[length - 1] != '\n')
                throw new InvalidDataException("a pax header is broken");
            var record = text[(digits + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals <= 0 || _records.Count == MaxRecords) throw new InvalidDataException("a pax header is broken");
            _records.Add((record[..equals].ToArray(), record[(equals + 1)..].ToArray()));
            text = text[length..];
        }
    }

    public void ApplyTo(TarEntry entry)
    {
        foreach (var (key, value) in _records) Apply(entry, key, value);
    }

    /// <summary>The records that <paramref name="entry"/> needs before its header.</summary>
    public static byte[] For(TarEntry entry)
    {
        var text = new MemoryStream();
        Append(text, "path"u8, entry.Name);
        if (entry.Target.Length > 0) Append(text, "linkpath"u8, entry.Target);
        Append(text, "uid"u8, Digits(entry.Uid));
        Append(text, "gid"u8, Digits(entry.Gid));
        Append(text, "size"u8, Digits(entry.Size));
        Append(text, "mtime"u8, Text(entry.ModifyTime));
        foreach (var (name, value) in entry.Xattrs) Append(text, [.. XattrPrefix, .. Escape(name)], value);
        return text.ToArray();
    }

    // A key ends at the first equals sign: GNU tar writes one in the name of an attribute so.
    private static byte[] Escape(ReadOnlySpan<byte> name)
    {
        var key = new List<byte>();
        foreach (var b in name)
        {
            if (b == '%') key.AddRange("%25"u8);
            else if (b == '=') key.AddRange("%3D"u8);
            else key.Add(b);
        }
        return [.. key];
    }

    private static byte[] Unescape(ReadOnlySpan<byte> key)
    {
        var name = new List<byte>();
        for (var i = 0; i < key.Length; i++)
        {
            var rest = key[i..];
            var isEquals = rest.StartsWith("%3D"u8);
            var isEscaped = isEquals || rest.StartsWith("%25"u8);
            name.Add(isEquals ? (byte)'=' : rest[0]);
            if (isEscaped) i += 2;
        }
        return [.. name];
    }

    // Before 1970 the nanoseconds still count forward, and the text does not.
    private static byte[] Text(Timestamp time) => Encoding.ASCII.GetBytes(time is { Seconds: < 0, Nanoseconds: > 0 }
        ? FormattableString.Invariant($"-{-(time.Seconds + 1)}.{1_000_000_000 - time.Nanoseconds:d9}")
        : FormattableString.Invariant($"{time.Seconds}.{time.Nanoseconds:d9}"));

    private static byte[] Digits(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    // The length counts its own digits.
    private static void Append(MemoryStream text, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var rest = key.Length + value.Length + 3;
        var length = rest + Digits(rest).Length;
        if (Digits(length).Length != Digits(rest).Length) length++;
        text.Write(Digits(length));
        text.WriteByte((byte)' ');
        text.Write(key);
        text.WriteByte((byte)'=');
        text.Write(value);
        text.WriteByte((byte)'\n');
    }

    private static void Apply(TarEntry entry, ReadOnlySpan<byte> key, byte[] value)
    {
        if (key.StartsWith(XattrPrefix)) entry.Xattrs.Add((Unescape(key[XattrPrefix.Length..]), value));
        else if (key.StartsWith("GNU.sparse."u8)) throw new InvalidDataException("it holds a sparse file, which image layers must not contain; write it without --sparse");
        else if (key.SequenceEqual("path"u8)) entry.Name = value;
        else if (key.SequenceEqual("linkpath"u8)) entry.Target = value;
        else if (key.SequenceEqual("size"u8)) entry.Size = Number(value, long.MaxValue);
        else if (key.SequenceEqual("uid"u8)) entry.Uid = (uint)Number(value, uint.MaxValue);
        else if (key.SequenceEqual("gid"u8)) entry.Gid = (uint)Number(value, uint.MaxValue);
        else if (key.SequenceEqual("mtime"u8)) entry.ModifyTime = Time(value);
    }

    private static long Number(ReadOnlySpan<byte> text, long largest) =>
        Utf8Parser.TryParse(text, out long number, out var used) && used == text.Length && number >= 0 && number <= largest
            ? number
            : throw new InvalidDataException("a pax header holds an invalid number");

    private static Timestamp Time(byte[] text)
    {
        if (!decimal.TryParse(Encoding.ASCII.GetString(text), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time)
            || time < long.MinValue / 2 || time > long.MaxValue / 2)
            throw new InvalidDataException("a pax header holds an invalid time");
        var seconds = decimal.Floor(time);
        return new Timestamp((long)seconds, (uint)((time - seconds) * 1_000_000_000));
    }
}
