using System.Globalization;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>A <see cref="MountJob"/> as bytes, for the way to the daemon: fields "key=value", each closed by a NUL.</summary>
internal static class MountJobText
{
    public static byte[] Write(MountJob job)
    {
        var text = new FieldWriter();
        var union = job.Union;
        text.Add("mountpoint", union.MountPoint);
        foreach (var lower in union.LowerDirectories) text.Add("lower", lower);
        foreach (var directory in union.DataDirectories) text.Add("data_only", directory);
        if (union.UpperDirectory is not null) text.Add("upper", union.UpperDirectory);
        if (union.WorkDirectory is not null) text.Add("work", union.WorkDirectory);
        text.Add("data", (long)union.Data);
        text.Add("writeback", union.WriteBack ? 1 : 0);
        text.Add("transport", (long)union.Transport);
        text.Add("durability", (long)union.Durability);
        if (union.WholeUpTo is { } wholeUpTo) text.Add("whole_up_to", (long)wholeUpTo);
        text.Add("settle", (long)union.Settle);
        text.Add("immutable", union.Immutable ? 1 : 0);
        text.Add("readonly", union.ReadOnly ? 1 : 0);
        text.Add("acl", union.Acl ? 1 : 0);
        text.Add("keep_owners_in", (long)union.KeepOwnersIn);
        text.Add("static_nlink", union.StaticLinkCount ? 1 : 0);
        text.Add("ino32_t", union.NarrowInodes ? 1 : 0);
        text.Add("entry_timeout", ByteText.Bytes(Seconds.Text(union.EntryTimeout)));
        text.Add("attr_timeout", ByteText.Bytes(Seconds.Text(union.AttributesTimeout)));
        text.Add("negative_timeout", ByteText.Bytes(Seconds.Text(union.NegativeTimeout)));
        foreach (var range in union.UidMapping) AddRange(text, "uidmapping", range);
        foreach (var range in union.GidMapping) AddRange(text, "gidmapping", range);
        if (union.SquashToUid is { } uid) text.Add("squash_to_uid", uid);
        if (union.SquashToGid is { } gid) text.Add("squash_to_gid", gid);
        text.Add("source", job.Source);
        text.Add("subtype", ByteText.Bytes(job.Subtype));
        text.Add("flags", (long)job.Flags);
        if (job.Labels.Length > 0) text.Add("labels", job.Labels);
        if (job.LogFile is not null) text.Add("log", job.LogFile);
        text.Add("allow_other", job.AllowOther ? 1 : 0);
        return text.ToArray();
    }

    /// <summary>The same fields, a line each.</summary>
    public static string ForPeople(MountJob job) =>
        $"to mount:\n{string.Join('\n', Field.ReadAll(Write(job))!.Select(field => $"  {field.Key}={ByteText.Show(field.Value)}"))}";

    /// <summary>Null: not written by <see cref="Write"/>, or cut short.</summary>
    public static MountJob? Read(ReadOnlySpan<byte> text)
    {
        if (Field.ReadAll(text) is not { } fields) return null;
        byte[]? Value(string key) => fields.Find(field => field.Key == key).Value;
        TimeSpan Time(string key) => Value(key) is { } time && Seconds.Parse(ByteText.Carry(time)) is { } seconds ? seconds : Entry.Forever;
        long? Number(string key) => long.TryParse(ByteText.Carry(Value(key)), CultureInfo.InvariantCulture, out var number) ? number : null;

        // The last field that is written: with it, all are there.
        if (Number("allow_other") is not { } allowOther || Value("mountpoint") is not { } mountPoint || Value("source") is not { } source) return null;
        var union = new UnionOptions
        {
            MountPoint = mountPoint,
            UpperDirectory = Value("upper"),
            WorkDirectory = Value("work"),
            Data = (DataMode)(Number("data") ?? 0),
            WriteBack = Number("writeback") == 1,
            Transport = (Transport)(Number("transport") ?? 0),
            Durability = (Durability)(Number("durability") ?? 0),
            WholeUpTo = (ulong?)Number("whole_up_to"),
            Settle = (SettlePolicy)(Number("settle") ?? 0),
            Immutable = Number("immutable") == 1,
            ReadOnly = Number("readonly") == 1,
            Acl = Number("acl") == 1,
            KeepOwnersIn = (OverrideForm)(Number("keep_owners_in") ?? 0),
            StaticLinkCount = Number("static_nlink") == 1,
            NarrowInodes = Number("ino32_t") == 1,
            EntryTimeout = Time("entry_timeout"),
            AttributesTimeout = Time("attr_timeout"),
            NegativeTimeout = Time("negative_timeout"),
            SquashToUid = (uint?)Number("squash_to_uid"),
            SquashToGid = (uint?)Number("squash_to_gid"),
        };
        union.UidMapping.AddRange(Ranges(fields, "uidmapping"));
        union.GidMapping.AddRange(Ranges(fields, "gidmapping"));
        union.LowerDirectories.AddRange(fields.Where(field => field.Key == "lower").Select(field => field.Value));
        union.DataDirectories.AddRange(fields.Where(field => field.Key == "data_only").Select(field => field.Value));
        return new MountJob
        {
            Union = union,
            Source = source,
            Subtype = Value("subtype") is { } subtype ? ByteText.Carry(subtype) : OverlayType.Own,
            Flags = (MountFlags)(Number("flags") ?? 0),
            AllowOther = allowOther == 1,
            Labels = Value("labels") ?? [],
            LogFile = Value("log"),
        };
    }

    private static void AddRange(FieldWriter text, string key, IdRange range)
    {
        text.Add(key, range.Stored);
        text.Add(key, range.Shown);
        text.Add(key, range.Count);
    }

    private static IEnumerable<IdRange> Ranges(List<Field> fields, string key) => fields.Where(field => field.Key == key)
        .Select(field => uint.Parse(ByteText.Carry(field.Value), CultureInfo.InvariantCulture)).Chunk(3).Select(three => new IdRange(three[0], three[1], three[2]));
}
