namespace OverlayFuse.Union;

/// <summary>The search for a name on its way down the layers: <see cref="Lookup.Judge"/>, told for every layer and not only for those it needs.</summary>
internal struct Descent
{
    public bool IsFound { get; private set; }

    /// <summary>What is further below does not show any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The search met an error, and the union answers it.</summary>
    public void Fail() => IsOver = true;

    /// <param name="isMember">False where the directory of this layer does not belong to the union's.</param>
    public Part Take(in LayerEntry entry, bool isMember)
    {
        if (entry.Kind == EntryKind.Absent) return Part.None;
        if (!isMember) return Part.CutOff;
        if (IsOver) return Part.Hidden;

        var verdict = Lookup.Judge(entry, IsFound);
        var part = verdict switch
        {
            Verdict.Hidden => Part.Ends,
            Verdict.StopBeforeThis => entry.Kind == EntryKind.Whiteout ? Part.Ends : Part.Hidden,
            _ => IsFound ? Part.Merges : Part.Decides,
        };
        IsOver = verdict is not Verdict.FoundAndMerge;
        IsFound |= part == Part.Decides;
        return part;
    }
}
