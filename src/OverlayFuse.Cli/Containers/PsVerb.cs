using System.CommandLine;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse ps [-a]", also "container ls".</summary>
internal static class PsVerb
{
    private const int ShownOfCommand = 20;

    public static Command Create(string word)
    {
        var all = new Option<bool>("--all", "-a") { Description = "Those that do not run, too." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Ids only." };
        var whole = new Option<bool>("--no-trunc") { Description = "Whole ids and commands." };
        var format = new Option<string>("--format") { Description = "A template for each line, such as '{{.Names}} {{.Status}}'." };
        var command = new Command(word, "List containers.") { all, quiet, whole, format };
        command.SetAction(result =>
        {
            var containers = new ContainerStore(StatePlace.ToRead()).All().Where(container => container.IsRunning || result.GetValue(all));
            var rows = containers.Select(container => Row(container, result.GetValue(whole))).ToList();
            var template = result.GetValue(format) is { } text ? ByteText.Text(text) : null;
            Terminal.Print(result.GetValue(quiet)
                ? string.Concat(rows.Select(row => row["ID"] + "\n"))
                : RowFormat.Write(rows, template, ("CONTAINER ID", "ID"), ("IMAGE", "Image"), ("COMMAND", "Command"), ("CREATED", "RunningFor"), ("STATUS", "Status"), ("PORTS", "Ports"), ("NAMES", "Names")));
            return 0;
        });
        return command;
    }

    internal static JsonObject Row(StoredContainer container, bool whole)
    {
        var command = string.Join(' ', container.Record.Command);
        return new JsonObject
        {
            ["Command"] = $"\"{(whole ? command : HumanText.Cut(command, ShownOfCommand))}\"",
            ["CreatedAt"] = GoTime.Text(container.Record.Created),
            ["ID"] = whole ? container.Id : Identifier.Short(container.Id),
            ["Image"] = container.Record.Image,
            ["Labels"] = string.Join(',', (container.Record.Config.Labels ?? []).Select(label => $"{label.Key}={label.Value}")),
            ["LocalVolumes"] = container.Record.Mounts.Count(mount => mount.Kind == MountKind.Volume).ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Mounts"] = string.Join(',', container.Record.Mounts.Select(mount => mount.Volume ?? mount.Source)),
            ["Names"] = container.Record.Name,
            ["Networks"] = container.Record.Network,
            ["Ports"] = PortText.Of(container),
            ["RunningFor"] = HumanText.Ago(container.Record.Created),
            ["State"] = container.Status.ToString().ToLowerInvariant(),
            ["Status"] = Status(container),
        };
    }

    private static string Status(StoredContainer container) => container.Status switch
    {
        ContainerStatus.Created => "Created",
        ContainerStatus.Running => $"Up {HumanText.Duration(DateTimeOffset.UtcNow - (container.State.StartedAt ?? DateTimeOffset.UtcNow))}",
        _ => $"Exited ({container.ExitCode}) {HumanText.Ago(container.State.FinishedAt ?? DateTimeOffset.UtcNow)}",
    };
}
