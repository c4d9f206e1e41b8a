namespace OverlayFuse.SideBySide;

/// <summary>One row of the table: work that is timed, or something else that is measured.</summary>
/// <param name="Name">What a reader sees, and --rows matches.</param>
internal sealed record Row(string Name, Action<Place> Work)
{
    /// <summary>Not timed, and done before.</summary>
    public Action<Place>? Before { get; init; }

    /// <summary>So many of what is measured are in the work.</summary>
    public int Operations { get; init; } = 1;

    public Target? Target { get; init; }

    /// <summary>Where another figure is to be reached when nothing is synced.</summary>
    public Target? UnsyncedTarget { get; init; }

    /// <summary>Where it stands in a chart.</summary>
    public ChartPoint? Point { get; init; }

    /// <summary>When it is measured; all but the work are measured by the runner.</summary>
    public Moment Moment { get; init; } = Moment.Work;

    /// <summary>False: it is only done because one after it needs it.</summary>
    public bool IsWanted { get; init; } = true;

    public static Row Of(Moment moment, string name, Target? target = null) => new(name, _ => { }) { Moment = moment, Target = target };
}
