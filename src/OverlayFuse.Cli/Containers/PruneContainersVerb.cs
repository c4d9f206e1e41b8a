using System.CommandLine;
using OverlayFuse.Container;

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
            var store = new ContainerStore(StatePlace.ToChange());
            using var held = store.Lock();
            var removed = store.All().Where(container => !container.IsServed).ToList();
            foreach (var container in removed) new ContainerRemoval(store).Remove(container, withVolumes: false);
            if (removed.Count > 0) Terminal.Print("Deleted Containers:\n" + string.Concat(removed.Select(container => container.Id + "\n")));
            return 0;
        });
        return command;
    }
}
