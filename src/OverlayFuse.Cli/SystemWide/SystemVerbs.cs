using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse system df|prune|info".</summary>
internal static class SystemVerbs
{
    public static Command Create() => new("system", "Look at everything at once.")
    {
        DiskUsageVerb.Create(),
        Prune(),
        InfoVerb.Create(),
    };

    private static Command Prune()
    {
        var all = new Option<bool>("--all", "-a") { Description = "All images that no container uses, not only those without a name." };
        var volumes = new Option<bool>("--volumes") { Description = "Also volumes that no container uses." };
        var force = new Option<bool>("--force", "-f") { Description = "Do not ask." };
        var filters = ListFilter.Option(PruneFilter.Keys);
        var command = new Command("prune", "Remove containers that do not run, and images that have no name.") { all, volumes, force, filters };
        command.SetAction(result =>
        {
            var filter = PruneFilter.Of(result, filters, PruneFilter.Keys);
            if (filter.HasUntil && result.GetValue(volumes)) throw new RefusedException("The \"until\" filter is not supported with \"--volumes\"");
            var store = new ContainerStore(StatePlace.ToChange()); // before the question: an ordinary user's process starts again here
            if (!Confirmation.ToRemove(Warning(result.GetValue(all), result.GetValue(volumes)), result.GetValue(force))) return 0;
            var containers = PruneContainersVerb.Prune(store, filter); // first: they use the others
            var ofVolumes = result.GetValue(volumes) ? VolumeVerbs.Prune(store, filter) : ("", 0L);
            var images = PruneImagesVerb.Prune(store, result.GetValue(all), filter);
            Terminal.Print(containers.Text + ofVolumes.Item1 + images.Text + ReclaimedText.Of(containers.Reclaimed + ofVolumes.Item2 + images.Reclaimed));
            return 0;
        });
        return command;
    }

    /// <summary>Docker's words, without networks, of which we have none.</summary>
    internal static string Warning(bool all, bool volumes)
    {
        var what = new List<string> { "all stopped containers" };
        if (volumes) what.Add("all volumes not used by at least one container");
        what.Add(all ? "all images without at least one container associated to them" : "all dangling images");
        what.Add(all ? "all build cache" : "all dangling build cache");
        return ":\n" + string.Concat(what.Select(line => $"  - {line}\n"));
    }
}
