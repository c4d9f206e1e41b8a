namespace OverlayFuse.Union;

/// <summary>Which ids of the layers the union shows as which (uidmapping=, gidmapping=). Without ranges every id is itself; the first range that has it counts.</summary>
internal sealed class IdMap(IReadOnlyList<IdRange> ranges, uint overflow)
{
    private readonly IdRange[] _ranges = [.. ranges];

    public bool IsIdentity => _ranges.Length == 0;

    /// <summary>The overflow id for one that no range has, as in a user namespace (user_namespaces(7)).</summary>
    public uint Show(uint stored) => TryShow(stored, out var shown) ? shown : overflow;

    /// <summary>False where no range has it.</summary>
    public bool TryShow(uint stored, out uint shown)
    {
        shown = stored;
        if (IsIdentity) return true;
        foreach (var range in _ranges)
        {
            if (stored < range.Stored || stored - range.Stored >= range.Count) continue;
            shown = range.Shown + (stored - range.Stored);
            return true;
        }
        return false;
    }

    /// <summary>The id to store; where no range shows this one, the overflow id and false.</summary>
    public bool TryStore(uint shown, out uint stored)
    {
        stored = IsIdentity ? shown : overflow;
        if (IsIdentity) return true;
        foreach (var range in _ranges)
        {
            if (shown < range.Shown || shown - range.Shown >= range.Count) continue;
            stored = range.Stored + (shown - range.Shown);
            return true;
        }
        return false;
    }
}
