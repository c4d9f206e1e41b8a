using System.CommandLine;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse volume create|ls|inspect|rm|prune".</summary>
internal static class VolumeVerbs
{
    public static Command Create() => new("volume", "Manage volumes.")
    {
        CreateOne(),
        List(),
        InspectVerb.Create("volume"),
        Remove(),
        Prune(),
    };

    private static Command CreateOne()
    {
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne };
        var labels = new Option<string[]>("--label") { Description = "NAME=VALUE" };
        var driver = new Option<string>("--driver", "-d") { Description = "Its driver: local, or a Docker volume plugin." };
        var options = new Option<string[]>("--opt", "-o") { Description = "An option of the driver; for local: type=, device= and o=, as for mount(8)." };
        var command = new Command("create", "Make a volume.") { name, labels, driver, options };
        command.SetAction(result => ForEach.Name([result.GetValue(name) ?? Identifier.New()], wanted =>
        {
            if (VolumeStore.Refusal(wanted) is { } reason) throw new RefusedException($"create {wanted}: {reason}");
            var volumes = new VolumeStore(StatePlace.ToRead());
            var volume = new VolumeRecord
            {
                Name = wanted,
                Created = DateTimeOffset.UtcNow,
                Driver = result.GetValue(driver) is { } asked ? ByteText.Text(asked) : VolumeDriver.Local,
                IsDriverAsked = true,
                IsAnonymous = result.GetValue(name) is null,
            };
            foreach (var (key, value) in Pairs(result.GetValue(labels))) volume.Labels[key] = value;
            foreach (var (key, value) in Pairs(result.GetValue(options))) volume.Options[key] = value;
            var known = volumes.LookUp(volume);
            using var held = volumes.Lock();
            volumes.Ensure(volume, known);
            return wanted + "\n";
        }));
        return command;
    }

    private static IEnumerable<(string Key, string Value)> Pairs(string[]? carried) =>
        (carried ?? []).Select(ByteText.Text).Select(text => text.Split('=', 2)).Select(parts => (parts[0], parts is [_, var value] ? value : ""));

    private static Command List()
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print only names." };
        var filters = ListFilter.Option(VolumeFilter.Keys, "-f");
        var format = new Option<string>("--format") { Description = "A template for each line." };
        var command = new Command("ls", "List volumes.") { quiet, filters, format };
        command.Aliases.Add("list");
        command.SetAction(result =>
        {
            var state = StatePlace.ToRead();
            var (volumes, containers) = (new VolumeStore(state), new ContainerStore(state));
            var filter = new VolumeFilter(ListFilter.Texts(result, filters));
            var listed = volumes.AllThereAre().Where(entry => filter.Fits(entry.Volume, name => VolumeUse.Of(containers, name).Any()));
            var template = result.GetValue(format) is { } text ? ByteText.Text(text) : null;
            Terminal.Print(result.GetValue(quiet)
                ? string.Concat(listed.Select(entry => entry.Volume.Name + "\n"))
                : VolumeTable([.. listed.Select(entry => Row(entry.Volume, entry.Facts))], template));
            return 0;
        });
        return command;
    }

    private static Command Remove()
    {
        var names = new Argument<string[]>("VOLUME") { Arity = ArgumentArity.OneOrMore };
        var force = new Option<bool>("--force", "-f") { Description = "Do not fail when there is no such volume, or its plugin has gone." };
        var command = new Command("rm", "Remove volumes that no container uses.") { names, force };
        command.SetAction(result =>
        {
            var state = StatePlace.ToChange();
            var (volumes, containers) = (new VolumeStore(state), new ContainerStore(state));
            return ForEach.Name(result.GetValue(names), name =>
            {
                var known = volumes.Find(name) ?? PluginVolumes.Find(name);
                if (known is not null) _ = VolumeDriver.TryOf(known.Driver, volumes);
                using var namesHeld = containers.Lock();
                using var held = volumes.Lock();
                if ((volumes.Find(name) ?? known) is not { } volume) return result.GetValue(force) ? name + "\n" : throw new RefusedException($"No such volume: {name}");
                if (VolumeUse.Of(containers, name).Select(container => container.Id).ToList() is { Count: > 0 } users)
                    throw new RefusedException($"remove {name}: volume is in use - [{string.Join(", ", users)}]");
                volumes.Remove(volume, result.GetValue(force));
                return name + "\n";
            });
        });
        return command;
    }

    private static Command Prune()
    {
        var force = new Option<bool>("--force", "-f") { Description = "Do not ask." };
        var filters = ListFilter.Option(PruneFilter.KeysOfVolumes);
        var command = new Command("prune", "Remove all volumes of the driver local, made without options, that no container uses.") { force, filters };
        command.SetAction(result =>
        {
            var filter = PruneFilter.Of(result, filters, PruneFilter.KeysOfVolumes);
            var store = new ContainerStore(StatePlace.ToChange()); // before the question: an ordinary user's process starts again here
            var (text, reclaimed) = Confirmation.ToRemove(" all local volumes not used by at least one container.", result.GetValue(force)) ? Prune(store, filter) : ("", 0);
            Terminal.Print(text + ReclaimedText.Of(reclaimed));
            return 0;
        });
        return command;
    }

    internal static (string Text, long Reclaimed) Prune(ContainerStore containers, PruneFilter filter)
    {
        var volumes = new VolumeStore(containers.State);
        using var namesHeld = containers.Lock();
        using var held = volumes.Lock();
        var unused = volumes.All()
            .Where(volume => volume.IsPlain && filter.Fits(volume.Labels, volume.Created) && !VolumeUse.Of(containers, volume.Name).Any())
            .ToList();
        var reclaimed = unused.Sum(volume => TreeSize.Of(volumes.DataOf(volume.Name)));
        foreach (var volume in unused) volumes.Remove(volume);
        volumes.SweepRemains();
        return (ReclaimedText.List("Deleted Volumes", [.. unused.Select(volume => volume.Name)]), reclaimed);
    }

    private static string VolumeTable(List<JsonObject> rows, string? template) => RowFormat.Write(rows, template, ("DRIVER", "Driver"), ("VOLUME NAME", "Name"));

    /// <param name="facts">Null: a list goes on without a plugin that has gone.</param>
    internal static JsonObject Row(VolumeRecord volume, VolumeFacts? facts) => new()
    {
        ["Driver"] = volume.Driver,
        ["Labels"] = string.Join(',', volume.Labels.Select(label => $"{label.Key}={label.Value}")),
        ["Links"] = "N/A",
        ["Mountpoint"] = facts?.Path ?? "",
        ["Name"] = volume.Name,
        ["Scope"] = facts?.Scope ?? VolumeDriver.Local,
        ["Size"] = "N/A",
    };
}
