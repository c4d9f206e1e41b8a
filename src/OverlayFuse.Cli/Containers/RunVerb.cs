using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Fuse;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse run [FLAGS] IMAGE [COMMAND]".</summary>
internal static class RunVerb
{
    private const int Refused = 125;

    public static Command Create()
    {
        var arguments = new RunArguments();
        var detach = new Option<bool>("--detach", "-d") { Description = "Run it in the background, and print its id." };
        var keys = new Option<string>("--detach-keys") { Description = "The keys that detach from its terminal (default: ctrl-p,ctrl-q)." };
        var command = new Command("run", "Make a container of an image and start it.") { detach, keys };
        arguments.AddTo(command);
        command.SetAction(result =>
        {
            var streams = arguments.Streams(result) with { Keys = Keys(result.GetValue(keys)) };
            return Run(Refusing(() => arguments.Request(result)), arguments.Pull(result), streams, result.GetValue(detach));
        });
        return command;
    }

    private static DetachKeys Keys(string? carried) => DetachKeys.Parse(carried is null ? null : ByteText.Text(carried), Refused);

    private static int Run(RunRequest request, PullPolicy pull, Attachment streams, bool inBackground)
    {
        if (!inBackground && request is { Terminal: true, OpenInput: true } && streams.Input.IsOpen) RawTerminal.Require();
        return Refusing(() => RunNew(request, pull, streams, inBackground));
    }

    // Whatever keeps a container from being made or started: its own code is another.
    private static T Refusing<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (RefusedException e) when (e is { ExitCode: 1 } and not OutputClosedException)
        {
            throw new RefusedException(e.Message, Refused);
        }
    }

    private static int RunNew(RunRequest request, PullPolicy pull, Attachment streams, bool inBackground)
    {
        var store = new ContainerStore(StatePlace.ToChange());
        var container = ContainerMaking.Create(store, request, pull);
        try
        {
            if (!inBackground) return AttachedContainer.Run(store, container, streams);
            MountException? unsaid = null;
            try
            {
                Terminal.Print(container.Id + "\n"); // before it starts: it is there though it cannot be started
            }
            catch (MountException e)
            {
                unsaid = e; // it was to be started, whoever reads of it
            }
            ContainerLauncher.Start(store, container);
            return unsaid is null ? 0 : throw unsaid;
        }
        catch (RefusedException) when (request.AutoRemove)
        {
            using var names = store.Lock(); // not half way while others look for what is used
            if (store.Read(container.Id) is { IsServed: false } left) new ContainerRemoval(store).Remove(left, withVolumes: true);
            throw;
        }
    }
}
