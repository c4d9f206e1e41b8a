using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse container prune".</summary>
internal static class PruneContainersVerb
{
    public static Command Create()
    {
        var force = new Option<bool>("--force", "-f") { Description = "Do not ask." };
        var filters = ListFilter.Option(PruneFilter.Keys);
        var command = new Command("prune", "Remove all containers that do not run.") { force, filters };
        command.SetAction(result =>
        {
            var filter = PruneFilter.Of(result, filters, PruneFilter.Keys);
            var store = new ContainerStore(StatePlace.ToChange()); // before the question: an ordinary user's process starts again here
            var (text, reclaimed) = Confirmation.ToRemove(" all stopped containers.", result.GetValue(force)) ? Prune(store, filter) : ("", 0);
            Terminal.Print(text + ReclaimedText.Of(reclaimed));
            return 0;
        });
        return command;
    }

    internal static (string Text, long Reclaimed) Prune(ContainerStore store, PruneFilter filter)
    {
        using var held = store.Lock();
        var fitting = store.All()
            .Where(container => !container.IsServed && !container.Record.IsBuildStep) // steps are the builds' own to remove
            .Where(container => filter.Fits(container.Record.Config.Labels, container.Record.Created))
            .ToList();
        var (removed, reclaimed) = (new List<string>(), 0L);
        foreach (var container in fitting)
        {
            var size = TreeSize.Of(store.Layers.DiffOf(container.Record.LayerId));
            if (!new ContainerRemoval(store).TryRemove(container, withVolumes: false)) continue; // somebody has started it meanwhile
            removed.Add(container.Id);
            reclaimed += size;
        }
        store.SweepRemains();
        return (ReclaimedText.List("Deleted Containers", removed), reclaimed);
    }
}
