using System.CommandLine;
using System.Globalization;
using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse status MERGED": how a live union is doing, and what its copy-ups have cost.</summary>
internal static class StatusVerb
{
    private const int NameWidth = 14;

    public static Command Create()
    {
        var place = new Argument<string[]>("MERGED") { Description = "A directory that a union is mounted on.", Arity = ArgumentArity.ZeroOrMore };
        var json = new Option<bool>("--json") { Description = "Answer in JSON, for programs." };
        var command = new Command("status", "Show how a mounted union is doing: its modes, what the kernel asked, and what was written to the upper and why.") { place, json };
        command.SetAction(result =>
        {
            var status = Ask(QuestionArguments.Paths(result.GetValue(place) ?? []));
            Terminal.Print(result.GetValue(json) ? Json.Of(status) : Encoding.UTF8.GetBytes(ForPeople(status)));
            return 0;
        });
        return command;
    }

    private static UnionStatus Ask(byte[][] places)
    {
        if (places is not [var place]) throw new MountException("give one mount point: overlayfuse status MERGED.");
        using var mounted = MountedPlace.Find(place);
        return StatusText.Read(mounted.Ask(ControlKind.Status))
            ?? throw new MountException($"cannot read what the union on {ByteText.Show(place)} says: its daemon has another version. Mount it again.");
    }

    internal static string ForPeople(UnionStatus status)
    {
        var text = new StringBuilder();
        Line("layers", $"{Count(status.Lowers, "lower layer")}{(status.Upper is { } upper ? $" beneath {ByteText.Show(upper)}" : ", read only")}");
        Line("data",
            status.Data == DataMode.Passthrough ? "passthrough: the kernel writes complete files of the upper by itself, which is not counted here"
            : status.HoldsWrites ? "cached, and the kernel holds back what is written"
            : "cached, and what is written comes at once");
        if (status.Upper is not null)
        {
            Line("fsync", status.Durability.ToString().ToLowerInvariant());
            Line("partial", status.PartialFrom is { } from ? $"files from {HumanText.Size((long)from)} on, settled {Settled(status.Settle)}" : "off");
        }
        if (status.Transport == Transport.Ring) Line("transport", "io_uring: a ring for each processor");
        Line("known", $"{Count(status.KnownNodes, "object")} of the kernel's, {Count(status.Threads, "thread")}");
        Line("requests", $"{Number(status.Requests)}{(status.RequestsByKind.Length > 0 ? $": {status.RequestsByKind}" : "")}");
        if (status.Upper is null) return text.ToString();

        var unsettled = status.UnsettledFiles > 0 ? $", {Number(status.UnsettledFiles)} of the upper not settled yet" : "";
        Line("copied up", $"{Count(status.Written.WholeFiles, "whole file")}, {Number(status.Written.PartialFiles)} block by block{unsettled}, {Number(status.Written.MetadataOnly)} without a byte");
        Line("written",
            $"{HumanText.Size(status.Written.Asked)} by users; {HumanText.Size(status.Written.Copied)} copied up, {HumanText.Size(status.Written.Filled)} to fill " +
            $"blocks, {HumanText.Size(status.Written.Maps)} in maps");
        Line("amplification",
            status.Amplification is { } ratio ? string.Create(CultureInfo.InvariantCulture, $"{ratio:0.##} bytes for each that was written")
            : status.Data == DataMode.Passthrough ? "not known: not all that is written is counted"
            : "nothing was written yet");
        return text.ToString();

        void Line(string name, string value) => text.Append($"{name,-NameWidth} {value}\n");
    }

    /// <summary>The same in a line, for a log.</summary>
    internal static string Line(UnionStatus status) =>
        string.Join("; ", ForPeople(status).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"{line[..NameWidth].TrimEnd()}: {line[NameWidth..].TrimStart()}"));

    private static string Settled(SettlePolicy policy) => policy switch
    {
        SettlePolicy.Idle => "when nobody writes to them",
        SettlePolicy.OnUnmount => "when the union is unmounted",
        _ => "when asked for",
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Count(long number, string one) => number == 1 ? $"1 {one}" : $"{Number(number)} {one}s";
}
