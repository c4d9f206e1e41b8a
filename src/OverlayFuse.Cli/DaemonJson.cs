using System.Text;
using System.Text.Json;
using OverlayFuse.Fuse;

namespace OverlayFuse.Cli;

/// <summary>daemon.json of the Docker engine: its storage driver, set and taken away in the text itself, so that all else stays as it was written. Pure.</summary>
internal static class DaemonJson
{
    public const string Driver = "fuse-overlayfs";

    private const string Key = "storage-driver";

    /// <param name="text">Null where there is no file.</param>
    /// <exception cref="MountException">It is broken, or has options of another driver.</exception>
    public static string Add(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return $"{{\n  \"{Key}\": \"{Driver}\"\n}}\n";
        var bytes = Encoding.UTF8.GetBytes(text);
        var place = Find(bytes);
        if (place.HasOptions) throw new MountException("it has \"storage-opts\", which are for the driver it uses now: the engine would refuse them with another one. Remove them first.");
        if (place.Value is { } value) return Splice(bytes, value, $"\"{Driver}\"");
        var member = $"\"{Key}\": \"{Driver}\"";
        if (place.First < 0) return Splice(bytes, (place.Open + 1)..place.Close, $"\n  {member}\n");
        var blank = Encoding.UTF8.GetString(bytes[(place.Open + 1)..place.First]);
        return Splice(bytes, place.First..place.First, $"{member},{(blank.Length == 0 ? " " : blank)}");
    }

    /// <summary>As <paramref name="text"/>, with the driver that <paramref name="original"/> had, or none.</summary>
    public static string Remove(string text, string? original)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var place = Find(bytes);
        if (place.Value is not { } value) return text;
        var before = original is null ? null : Encoding.UTF8.GetBytes(original);
        if (before is not null && Find(before).Value is { } then) return Splice(bytes, value, Encoding.UTF8.GetString(before[then]));

        // The comma behind it goes too, or, of the last member, the one before.
        var (start, end) = (place.Member, value.End.Value);
        var next = SkipBlanks(bytes, end);
        if (bytes[next] == ',') end = SkipBlanks(bytes, next + 1);
        else while (start > place.Open + 1 && bytes[start - 1] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)',') start--;
        return Splice(bytes, start..end, "");
    }

    private readonly record struct Place(int Open, int Close, int First, int Member, Range? Value, bool HasOptions);

    private static Place Find(byte[] text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new MountException("it does not hold an object { }, so it is broken.");
            var place = new Place((int)reader.TokenStartIndex, 0, -1, -1, null, false);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var member = (int)reader.TokenStartIndex;
                if (place.First < 0) place = place with { First = member };
                var (isDriver, isOptions) = (reader.ValueTextEquals(Key), reader.ValueTextEquals("storage-opts"));
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                var isEmpty = reader.TokenType == JsonTokenType.StartArray && text[SkipBlanks(text, start + 1)] == ']';
                reader.Skip();
                if (isDriver) place = place with { Member = member, Value = start..(int)reader.BytesConsumed };
                if (isOptions && !isEmpty) place = place with { HasOptions = true };
            }
            place = place with { Close = (int)reader.TokenStartIndex };
            while (reader.Read()) { } // nothing may follow
            return place;
        }
        catch (JsonException e)
        {
            throw new MountException($"it is not valid JSON, from line {e.LineNumber + 1} on. The engine would not start with it.");
        }
    }

    private static int SkipBlanks(byte[] text, int at)
    {
        while (text[at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n') at++;
        return at;
    }

    private static string Splice(byte[] text, Range range, string with) =>
        Encoding.UTF8.GetString(text.AsSpan(0, range.Start.Value)) + with + Encoding.UTF8.GetString(text.AsSpan(range.End.Value));
}
