using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse image prune".</summary>
internal static class PruneImagesVerb
{
    public static Command Create()
    {
        var all = new Option<bool>("--all", "-a") { Description = "Also images with names." };
        var force = new Option<bool>("--force", "-f") { Description = "Do not ask." };
        var filters = ListFilter.Option(PruneFilter.Keys);
        var command = new Command("prune", "Remove images that have no name; with -a, all that no container uses.") { all, force, filters };
        command.SetAction(result =>
        {
            var filter = PruneFilter.Of(result, filters, PruneFilter.Keys);
            var store = new ContainerStore(StatePlace.ToChange()); // before the question: an ordinary user's process starts again here
            var warning = result.GetValue(all) ? " all images without at least one container associated to them." : " all dangling images.";
            var (text, reclaimed) = Confirmation.ToRemove(warning, result.GetValue(force)) ? Prune(store, result.GetValue(all), filter) : ("", 0);
            Terminal.Print(text + ReclaimedText.Of(reclaimed));
            return 0;
        });
        return command;
    }

    internal static (string Text, long Reclaimed) Prune(ContainerStore containers, bool all, PruneFilter filter)
    {
        var store = new ImageStore(containers.State);
        using var held = store.Lock();
        using var namesHeld = containers.Lock(); // no container goes half way while its layers are looked for
        var removed = new List<string>();
        var reclaimed = 0L;
        var unused = store.All()
            .Where(image => (all || !image.Tags.Any()) && filter.Fits(image.Config.Config?.Labels, HumanText.Time(image.Config.Created)))
            .Where(image => !containers.All().Exists(container => container.Record.ImageId == image.Id));
        foreach (var image in unused)
        {
            reclaimed += store.Remove(image, layer => ContainerLayers.AreUsed(containers, layer));
            removed.AddRange(image.References.Select(reference => $"untagged: {reference}"));
            removed.Add($"deleted: {image.Id}");
        }
        if (filter.IsEmpty) store.SweepUnused(layer => ContainerLayers.AreUsed(containers, layer));
        store.State.SweepTemporary();
        return (ReclaimedText.List("Deleted Images", removed), reclaimed);
    }
}
