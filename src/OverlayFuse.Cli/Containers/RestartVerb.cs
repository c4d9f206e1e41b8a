using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse restart CONTAINER...".</summary>
internal static class RestartVerb
{
    public static Command Create()
    {
        var names = new Argument<string[]>("CONTAINER") { Arity = ArgumentArity.OneOrMore };
        var time = new Option<int?>("--time", "-t") { Description = $"Seconds to wait before it is killed ({Stopping.Patience}); -1: for ever." };
        var command = new Command("restart", "Stop containers, and start them again.") { names, time };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToChange());
            return ForEach.Name(result.GetValue(names), name =>
            {
                var container = store.Get(name);
                using (StateLock.Take(container.KeptPath)) Stopping.Stop(store, container, result.GetValue(time));
                return StartVerb.Start(store, name);
            });
        });
        return command;
    }
}
