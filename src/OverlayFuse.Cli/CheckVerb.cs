using System.CommandLine;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse check [--repair] [--explain] [--json] UPPER". Exit code 0: no problem is left.</summary>
internal static class CheckVerb
{
    public static Command Create()
    {
        var arguments = new StackArguments();
        var repair = new Option<bool>("--repair") { Description = "Repair what can be repaired without a guess." };
        var explain = new Option<bool>("--explain") { Description = "Say of every mark what it means, not only of those that are wrong." };
        var json = new Option<bool>("--json") { Description = "For programs: one JSON object." };
        var command = new Command("check", "Verify the upper of a union that is not mounted: every mark, map and record, and what a crash has left.") { repair, explain, json };
        arguments.AddTo(command);
        command.SetAction(result =>
        {
            CheckReport report;
            using (var line = new ProgressLine())
                report = UpperCheck.Run(arguments.Stack(result), result.GetValue(repair), line.For<CheckReport>(now => $"{now.Objects} objects seen"));
            Terminal.Print(result.GetValue(json) ? CheckText.Json(report, result.GetValue(explain)) : CheckText.Sentences(report, result.GetValue(explain)));
            return report.Remaining == 0 ? 0 : 1;
        });
        return command;
    }
}
