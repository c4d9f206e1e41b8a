using System.Text;
using OverlayFuse.Fuse;

namespace OverlayFuse.Union;

/// <summary>A <see cref="UnionStatus"/> as fields, for its way out of a live mount.</summary>
public static class StatusText
{
    public static byte[] Write(UnionStatus status)
    {
        var text = new FieldWriter();
        text.Add("lowers", status.Lowers);
        if (status.Upper is { } upper) text.Add("upper", upper);
        text.Add("data", status.Data);
        text.Add("holds.writes", status.HoldsWrites ? 1 : 0);
        text.Add("transport", status.Transport);
        text.Add("fsync", status.Durability);
        if (status.PartialFrom is { } from) text.Add("partial.from", (long)from);
        text.Add("settle", status.Settle);
        text.Add("known", status.KnownNodes);
        text.Add("threads", status.Threads);
        text.Add("requests", status.Requests);
        text.Add("requests.by.kind", Encoding.ASCII.GetBytes(status.RequestsByKind));
        text.Add("unsettled", status.UnsettledFiles);
        text.Add("asked", status.Written.Asked);
        text.Add("copied", status.Written.Copied);
        text.Add("filled", status.Written.Filled);
        text.Add("maps", status.Written.Maps);
        text.Add("files.whole", status.Written.WholeFiles);
        text.Add("files.partial", status.Written.PartialFiles);
        text.Add("files.metadata", status.Written.MetadataOnly);
        return text.ToArray();
    }

    /// <summary>Null: not written by <see cref="Write"/>.</summary>
    public static UnionStatus? Read(ReadOnlySpan<byte> text)
    {
        if (Field.ReadAll(text) is not [{ Key: "lowers" }, ..] fields) return null;
        return new UnionStatus
        {
            Upper = Find("upper")?.Value,
            Lowers = (int)Number("lowers"),
            Data = Find("data")?.Choice<DataMode>() ?? default,
            HoldsWrites = Number("holds.writes") != 0,
            Transport = Find("transport")?.Choice<Transport>() ?? default,
            Durability = Find("fsync")?.Choice<Durability>() ?? default,
            PartialFrom = Find("partial.from") is { } from ? (ulong)from.Number : null,
            Settle = Find("settle")?.Choice<SettlePolicy>() ?? default,
            KnownNodes = Number("known"),
            Threads = (int)Number("threads"),
            Requests = Number("requests"),
            RequestsByKind = Encoding.ASCII.GetString(Find("requests.by.kind")?.Value ?? []),
            UnsettledFiles = (int)Number("unsettled"),
            Written = new WriteTally(
                Number("asked"), Number("copied"), Number("filled"), Number("maps"),
                Number("files.whole"), Number("files.partial"), Number("files.metadata")),
        };

        Field? Find(string key) => fields.Exists(field => field.Key == key) ? fields.Find(field => field.Key == key) : null;

        long Number(string key) => Find(key)?.Number ?? 0;
    }
}
