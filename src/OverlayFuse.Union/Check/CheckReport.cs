namespace OverlayFuse.Union;

/// <summary>What a check of an upper has found.</summary>
public sealed class CheckReport
{
    /// <summary>Objects of the upper that were looked at.</summary>
    public long Objects { get; internal set; }

    /// <summary>Problems and explanations, in the order in which they were met.</summary>
    public List<Finding> Findings { get; } = [];

    public IEnumerable<Finding> Problems => Findings.Where(finding => finding.IsProblem);

    /// <summary>Problems that are still there, after repairs if they were asked for.</summary>
    public int Remaining => Problems.Count(finding => !finding.IsRepaired);

    internal void Problem(string kind, byte[] path, string text, string? remedy = null, Func<Linux.Errno>? repair = null) =>
        Findings.Add(new Finding { Kind = kind, Path = path, Text = text, Remedy = remedy, Repair = repair });

    internal void Explain(string kind, byte[] path, string text) => Findings.Add(new Finding { Kind = kind, Path = path, Text = text, IsProblem = false });
}
