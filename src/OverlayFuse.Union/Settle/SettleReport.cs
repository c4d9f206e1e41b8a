namespace OverlayFuse.Union;

/// <summary>What settling an upper has done, and what it could not do.</summary>
public sealed class SettleReport
{
    private readonly List<SettleProblem> _problems = [];

    /// <summary>Objects of the upper and of moved trees that were looked at.</summary>
    public long Visited { get; internal set; }

    /// <summary>Moved directories that hold all of their tree now, and no redirect.</summary>
    public int Directories { get; internal set; }

    /// <summary>Files that got their bytes.</summary>
    public int Files { get; internal set; }

    /// <summary>Names of hard links that got their link in the upper.</summary>
    public int Links { get; internal set; }

    /// <summary>Whiteouts that hid nothing, and marks and files that the form has no use for.</summary>
    public int Removed { get; internal set; }

    public IReadOnlyList<SettleProblem> Problems => _problems;

    /// <summary>The upper has the form that was asked for.</summary>
    public bool IsSettled => _problems.Count == 0;

    // What stands in the way of one step may stand in that of another.
    internal void Add(byte[] path, string reason)
    {
        if (!_problems.Exists(problem => problem.Path.AsSpan().SequenceEqual(path) && problem.Reason == reason)) _problems.Add(new SettleProblem(path, reason));
    }
}
