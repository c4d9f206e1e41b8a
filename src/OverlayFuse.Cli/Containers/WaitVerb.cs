using System.CommandLine;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse wait CONTAINER...".</summary>
internal static class WaitVerb
{
    public static Command Create()
    {
        var names = new Argument<string[]>("CONTAINER") { Arity = ArgumentArity.OneOrMore };
        var command = new Command("wait", "Wait until containers end, and print their exit codes.") { names };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToRead());
            return ForEach.Name(result.GetValue(names), name =>
            {
                var container = store.Get(name);
                var exitCode = Stopping.Wait(container);
                return (exitCode ?? store.Read(container.Id)?.ExitCode ?? container.ExitCode) + "\n"; // the state may be that of the next run by now, or gone
            });
        });
        return command;
    }
}
