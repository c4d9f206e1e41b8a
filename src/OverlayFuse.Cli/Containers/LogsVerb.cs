using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse logs [-f] CONTAINER".</summary>
internal static class LogsVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var follow = new Option<bool>("--follow", "-f") { Description = "Keep printing what it writes until it ends." };
        var times = new Option<bool>("--timestamps", "-t") { Description = "The time before each line." };
        var tail = new Option<string>("--tail", "-n") { Description = "Only so many lines at the end." };
        var since = new Option<string>("--since") { Description = "What was written since a time, such as 2013-01-02T13:23:37Z, or an age, such as 42m." };
        var until = new Option<string>("--until") { Description = "What was written before a time or an age." };
        var details = new Option<bool>("--details") { Description = "Accepted: our logs have no further details." };
        var command = new Command("logs", "Show what a container has written.") { name, follow, times, tail, since, until, details };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToRead());
            var container = store.Get(ByteText.Text(result.GetRequiredValue(name)));
            var view = new LogView
            {
                Times = result.GetValue(times),
                Details = result.GetValue(details),
                Since = Moment("since", result.GetValue(since)),
                Until = Moment("until", result.GetValue(until)),
                Skip = int.TryParse(result.GetValue(tail), out var count) && count >= 0 ? Math.Max(0, LogView.CountLines(container) - count) : 0,
            };
            using var run = result.GetValue(follow) ? ContainerRun.Latest(container) : null;
            view.Show(container, () => run?.IsOver() == false);
            return 0;
        });
        return command;
    }

    private static DateTimeOffset? Moment(string flag, string? carried) => carried is null
        ? null
        : HumanText.Moment(ByteText.Text(carried), DateTimeOffset.UtcNow) ?? throw new RefusedException($"invalid value for \"{flag}\": {ByteText.Show(carried)} is neither a time nor an age");
}
