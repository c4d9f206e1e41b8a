using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse container prune".</summary>
internal static class PruneContainersVerb
{
    public static Command Create()
    {
        var force = new Option<bool>("--force", "-f") { Description = "As without: nothing is asked." };
        var command = new Command("prune", "Remove all containers that do not run.") { force };
        command.SetAction(_ =>
        {
            var (text, reclaimed) = Prune(new ContainerStore(StatePlace.ToChange()));
            Terminal.Print(text + ReclaimedText.Of(reclaimed));
            return 0;
        });
        return command;
    }

    internal static (string Text, long Reclaimed) Prune(ContainerStore store)
    {
        using var held = store.Lock();
        var removed = store.All().Where(container => !container.IsServed && !container.Record.IsBuildStep).ToList(); // steps are the builds' own to remove
        var reclaimed = removed.Sum(container => TreeSize.Of(store.Layers.DiffOf(container.Record.LayerId)));
        foreach (var container in removed) new ContainerRemoval(store).Remove(container, withVolumes: false);
        store.SweepRemains();
        return (ReclaimedText.List("Deleted Containers", removed.Select(container => container.Id)), reclaimed);
    }
}
