using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse rm [-f] [-v] CONTAINER...".</summary>
internal static class RemoveVerb
{
    public static Command Create()
    {
        var names = new Argument<string[]>("CONTAINER") { Arity = ArgumentArity.OneOrMore };
        var force = new Option<bool>("--force", "-f") { Description = "Also running ones: they are killed." };
        var volumes = new Option<bool>("--volumes", "-v") { Description = "Also their volumes without a name." };
        var command = new Command("rm", "Remove containers with their writable layer. Volumes that have a name stay.") { names, force, volumes };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToChange());
            return ForEach.Name(result.GetValue(names), name => Remove(store, name, result.GetValue(force), result.GetValue(volumes)));
        });
        return command;
    }

    private static string Remove(ContainerStore store, string name, bool force, bool withVolumes)
    {
        if (force && store.Find(name) is null)
        {
            Terminal.Say($"No such container: {name}"); // as docker: said, and no failure
            return "";
        }
        // Another command may start it again before it is ours.
        for (var container = store.Get(name); container is not null; container = store.Read(container.Id))
        {
            if (!container.IsServed && Remove(store, container, withVolumes)) break;
            if (container.IsRunning)
            {
                var what = container.IsRestarting ? "restarting" : "running";
                if (!force) throw new RefusedException($"You cannot remove a {what} container {container.Id}. Stop the container before attempting removal or force remove");
                Stopping.Kill(store, container);
            }
            else store.TrySettle(container); // one that is being started hears nothing yet
        }
        return name + "\n";
    }

    private static bool Remove(ContainerStore store, StoredContainer container, bool withVolumes)
    {
        using var namesHeld = store.Lock();
        if (store.Read(container.Id) is not { } left) return true; // --rm was first
        if (left.IsServed) return false;
        new ContainerRemoval(store).Remove(left, withVolumes);
        return true;
    }
}
