using System.CommandLine;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse stop CONTAINER...".</summary>
internal static class StopVerb
{
    public static Command Create()
    {
        var names = new Argument<string[]>("CONTAINER") { Arity = ArgumentArity.OneOrMore };
        var time = new Option<int?>("--time", "-t") { Description = $"Seconds to wait before it is killed ({Stopping.Patience}); -1: for ever." };
        var command = new Command("stop", "Stop containers: by SIGTERM, and after a while by SIGKILL.") { names, time };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToRead());
            return ForEach.Name(result.GetValue(names), name =>
            {
                Stopping.Stop(store, store.Get(name), result.GetValue(time));
                return name + "\n";
            });
        });
        return command;
    }
}
