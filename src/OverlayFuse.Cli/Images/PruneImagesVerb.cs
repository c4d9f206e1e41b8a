using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse image prune".</summary>
internal static class PruneImagesVerb
{
    public static Command Create()
    {
        var all = new Option<bool>("--all", "-a") { Description = "Those with names too." };
        var force = new Option<bool>("--force", "-f") { Description = "As without: nothing is asked." };
        var command = new Command("prune", "Remove images that have no name; with -a, all that no container uses.") { all, force };
        command.SetAction(result =>
        {
            var (text, reclaimed) = Prune(new ContainerStore(StatePlace.ToChange()), result.GetValue(all));
            Terminal.Print(text + ReclaimedText.Of(reclaimed));
            return 0;
        });
        return command;
    }

    internal static (string Text, long Reclaimed) Prune(ContainerStore containers, bool all)
    {
        var store = new ImageStore(containers.State);
        using var held = store.Lock();
        using var namesHeld = containers.Lock(); // no container goes half way while its layers are looked for
        var removed = new List<string>();
        var reclaimed = 0L;
        foreach (var image in store.All().Where(image => (all || image.References.Count == 0) && !containers.All().Exists(container => container.Record.ImageId == image.Id)))
        {
            reclaimed += store.Remove(image, layer => ContainerLayers.AreUsed(containers, layer));
            removed.AddRange(image.References.Select(reference => $"untagged: {reference}"));
            removed.Add($"deleted: {image.Id}");
        }
        store.SweepUnused(layer => ContainerLayers.AreUsed(containers, layer));
        store.Layers.SweepTemporary();
        return (ReclaimedText.List("Deleted Images", removed), reclaimed);
    }
}
