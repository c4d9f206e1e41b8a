using System.CommandLine;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse create [FLAGS] IMAGE [COMMAND]".</summary>
internal static class CreateVerb
{
    public static Command Create()
    {
        var arguments = new RunArguments();
        var command = new Command("create", "Make a container of an image without starting it.");
        arguments.AddTo(command);
        command.SetAction(result =>
        {
            arguments.Streams(result); // which are looked at when it starts, and have to be some
            Terminal.Print(ContainerMaking.Create(new ContainerStore(StatePlace.ToChange()), arguments.Request(result), arguments.Pull(result)).Id + "\n");
            return 0;
        });
        return command;
    }
}
