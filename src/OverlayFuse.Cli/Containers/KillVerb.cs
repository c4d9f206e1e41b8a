using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse kill [-s SIGNAL] CONTAINER...".</summary>
internal static class KillVerb
{
    public static Command Create()
    {
        var names = new Argument<string[]>("CONTAINER") { Arity = ArgumentArity.OneOrMore };
        var signal = new Option<string>("--signal", "-s") { Description = "A signal other than KILL, by name or number." };
        var command = new Command("kill", "Send a signal to containers.") { names, signal };
        command.SetAction(result =>
        {
            var number = result.GetValue(signal) is { } text ? SignalNames.Parse(ByteText.Text(text)) : Signal.Kill;
            var store = new ContainerStore(StatePlace.ToRead());
            return ForEach.Name(result.GetValue(names), name =>
            {
                var container = store.Find(name) ?? throw new RefusedException($"Cannot kill container: {name}: No such container: {name}");
                if (!container.IsRunning) throw new RefusedException($"Cannot kill container: {name}: Container {container.Id} is not running");
                if (number == Signal.Kill) Stopping.Kill(store, container);
                else Stopping.Send(store, container, number);
                return name + "\n";
            });
        });
        return command;
    }
}
