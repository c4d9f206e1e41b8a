namespace OverlayFuse.Union;

/// <summary>A list of changes as fields, for its way out of a live mount: the path under the kind, then the reason.</summary>
public static class ChangeText
{
    public static byte[] Write(IEnumerable<Change> changes)
    {
        var text = new FieldWriter();
        foreach (var change in changes)
        {
            text.Add(Key(change.Kind), change.Path);
            text.Add("why", change.Reason);
            if (change.From is { } from) text.Add("from", from);
        }
        return text.ToArray();
    }

    /// <summary>Null: not written by <see cref="Write"/>.</summary>
    public static List<Change>? Read(ReadOnlySpan<byte> text)
    {
        if (Field.ReadAll(text) is not { } fields) return null;
        var changes = new List<Change>();
        foreach (var field in fields)
        {
            switch (field.Key)
            {
                case "A": changes.Add(new Change(ChangeKind.Added, field.Value, default)); break;
                case "M": changes.Add(new Change(ChangeKind.Modified, field.Value, default)); break;
                case "D": changes.Add(new Change(ChangeKind.Deleted, field.Value, default)); break;
                case "why" when changes is [.., var last]: changes[^1] = last with { Reason = field.Choice<ChangeReason>() }; break;
                case "from" when changes is [.., var last]: changes[^1] = last with { From = field.Value }; break;
            }
        }
        return changes;
    }

    /// <summary>A, M or D.</summary>
    public static string Key(ChangeKind kind) => kind switch
    {
        ChangeKind.Added => "A",
        ChangeKind.Modified => "M",
        _ => "D",
    };
}
