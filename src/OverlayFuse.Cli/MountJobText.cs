using System.Globalization;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>A <see cref="MountJob"/> as bytes, for the way to the daemon: fields "key=value", each closed by a NUL, which no path can hold.</summary>
internal static class MountJobText
{
    public static byte[] Write(MountJob job)
    {
        var text = new List<byte>();
        void Field(string key, ReadOnlySpan<byte> value)
        {
            text.AddRange(ByteText.Bytes(key));
            text.Add((byte)'=');
            text.AddRange(value);
            text.Add(0);
        }
        void Number(string key, long value) => Field(key, ByteText.Bytes(value.ToString(CultureInfo.InvariantCulture)));

        var union = job.Union;
        Field("mountpoint", union.MountPoint);
        foreach (var lower in union.LowerDirectories) Field("lower", lower);
        if (union.UpperDirectory is not null) Field("upper", union.UpperDirectory);
        if (union.WorkDirectory is not null) Field("work", union.WorkDirectory);
        if (union.Data is { } data) Number("data", (long)data);
        Number("writeback", union.WriteBack ? 1 : 0);
        Number("durability", (long)union.Durability);
        Number("readonly", union.ReadOnly ? 1 : 0);
        Number("acl", union.Acl ? 1 : 0);
        Field("source", job.Source);
        Number("flags", (long)job.Flags);
        if (job.LogFile is not null) Field("log", job.LogFile);
        Number("allow_other", job.AllowOther ? 1 : 0);
        return [.. text];
    }

    /// <summary>Null: not written by <see cref="Write"/>, or cut short.</summary>
    public static MountJob? Read(ReadOnlySpan<byte> text)
    {
        var fields = new List<(string Key, byte[] Value)>();
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)0);
            if (end < 0) return null;
            var equals = text[..end].IndexOf((byte)'=');
            if (equals < 0) return null;
            fields.Add((ByteText.Carry(text[..equals]), text[(equals + 1)..end].ToArray()));
            text = text[(end + 1)..];
        }
        byte[]? Field(string key) => fields.Find(field => field.Key == key).Value;
        long? Number(string key) => long.TryParse(ByteText.Carry(Field(key)), CultureInfo.InvariantCulture, out var number) ? number : null;

        // The last field that is written: with it, all are there.
        if (Number("allow_other") is not { } allowOther || Field("mountpoint") is not { } mountPoint || Field("source") is not { } source) return null;
        var union = new UnionOptions
        {
            MountPoint = mountPoint,
            UpperDirectory = Field("upper"),
            WorkDirectory = Field("work"),
            Data = (DataMode?)Number("data"),
            WriteBack = Number("writeback") == 1,
            Durability = (Durability)(Number("durability") ?? 0),
            ReadOnly = Number("readonly") == 1,
            Acl = Number("acl") == 1,
        };
        union.LowerDirectories.AddRange(fields.Where(field => field.Key == "lower").Select(field => field.Value));
        return new MountJob { Union = union, Source = source, Flags = (MountFlags)(Number("flags") ?? 0), AllowOther = allowOther == 1, LogFile = Field("log") };
    }
}
