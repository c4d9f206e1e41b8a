namespace OverlayFuse.Union;

// By which rules a path is what it is. Pure.
public sealed partial record Explanation
{
    /// <summary>The rules that were needed, the one that decides first.</summary>
    public IReadOnlyList<Rule> Rules => Outcome switch
    {
        Outcome.Reserved => [Rule.NamesAreReserved],
        Outcome.Broken => [Rule.BrokenIsAnError],
        Outcome.Hidden => [Rule.WhiteoutHides],
        Outcome.Absent => [Findings.Any(finding => finding.Part == Part.CutOff) ? Rule.OnlyMembersCount : Rule.NothingIsNothing],
        Outcome.NotDirectory => [Rule.OnlyDirectoriesLead],
        _ => [.. RulesOfFound()],
    };

    private IEnumerable<Rule> RulesOfFound()
    {
        var decisive = Decisive!;
        var isMerged = Findings.Any(finding => finding.Part == Part.Merges);
        yield return isMerged ? Rule.DirectoriesMerge : Rule.TopmostDecides;
        if (IsSharedCopy) yield return Rule.NamesShareCopy;
        if (decisive.IsMetacopy && !decisive.IsPartial) yield return Rule.MetacopyReadsBelow;
        if (decisive.Kind == LayerFindingKind.Covered) yield return Rule.MountsShowEmpty;
        if (Findings.Any(finding => finding is { Part: Part.Decides or Part.Merges, Redirect: not null, Opaque: MarkForm.None })) yield return Rule.RedirectLeads;
        if (Findings.Any(finding => finding.Part is Part.Decides or Part.Merges && finding.Opaque != MarkForm.None)) yield return Rule.OpaqueEndsMerging;
        else if (Findings.Any(finding => finding.Part == Part.Ends)) yield return Rule.WhiteoutEndsMerging;
        else if (decisive.Kind == LayerFindingKind.Directory && Findings.Any(finding => finding is { Part: Part.Hidden, Kind: LayerFindingKind.File })) yield return Rule.FileEndsMerging;
    }
}
