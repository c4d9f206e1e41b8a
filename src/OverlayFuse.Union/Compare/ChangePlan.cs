namespace OverlayFuse.Union;

/// <summary>What a name of an upper directory is to the lower layers, and how its directory is compared.</summary>
/// <param name="Kind">Null: no change of its own.</param>
/// <param name="Against">For a directory: what the things in it are compared with.</param>
internal readonly record struct ChangePlan(ChangeKind? Kind, ChangeReason Reason, ComparedWith Against)
{
    public static ChangePlan For(in ChangeFacts facts)
    {
        var over = facts.Below == EntryKind.Absent ? ChangeKind.Added : ChangeKind.Modified;
        switch (facts.Upper)
        {
            case EntryKind.Whiteout:
                return facts.Below == EntryKind.Absent ? default : new ChangePlan(ChangeKind.Deleted, ChangeReason.Whiteout, default);

            case EntryKind.Directory when facts.IsMoved:
                return new ChangePlan(over, ChangeReason.Moved, ComparedWith.Members);

            case EntryKind.Directory when facts.HasMembers:
                return OfDirectory(facts, ChangeReason.Metadata, ComparedWith.Members);

            case EntryKind.Directory when facts.Below == EntryKind.Directory:
                if (facts.IsOpaque) return new ChangePlan(ChangeKind.Modified, ChangeReason.Opaque, ComparedWith.Hidden);
                return OfDirectory(facts, ChangeReason.InOpaque, ComparedWith.Hidden);

            case EntryKind.Absent:
                return default;
        }

        if (facts.IsSame) return default;
        if (facts.IsMoved) return new ChangePlan(over, ChangeReason.Moved, default);
        if (facts.Below == EntryKind.Absent) return new ChangePlan(ChangeKind.Added, ChangeReason.New, default);
        if (facts.IsOtherType) return new ChangePlan(ChangeKind.Modified, ChangeReason.Type, default);
        return new ChangePlan(ChangeKind.Modified, facts.IsMetacopy ? ChangeReason.Metadata : ChangeReason.Copy, default);
    }

    private static ChangePlan OfDirectory(in ChangeFacts facts, ChangeReason reason, ComparedWith against) =>
        facts.HasOtherAttributes ? new ChangePlan(ChangeKind.Modified, reason, against)
        : new ChangePlan(facts.HasOtherTime ? ChangeKind.Modified : null, ChangeReason.Time, against);
}
