using System.CommandLine;
using OverlayFuse.Container;

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
        var volumes = new Option<bool>("--volumes") { Description = "Volumes that no container uses, too." };
        var force = new Option<bool>("--force", "-f") { Description = "As without: nothing is asked." };
        var command = new Command("prune", "Remove containers that do not run, and images that have no name.") { all, volumes, force };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToChange());
            var containers = PruneContainersVerb.Prune(store); // first: they use the others
            var ofVolumes = result.GetValue(volumes) ? VolumeVerbs.Prune(store) : ("", 0L);
            var images = PruneImagesVerb.Prune(store, result.GetValue(all));
            Terminal.Print(containers.Text + ofVolumes.Item1 + images.Text + ReclaimedText.Of(containers.Reclaimed + ofVolumes.Item2 + images.Reclaimed));
            return 0;
        });
        return command;
    }
}
