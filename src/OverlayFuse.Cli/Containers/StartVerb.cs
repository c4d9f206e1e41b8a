using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse start [-a] [-i] CONTAINER...".</summary>
internal static class StartVerb
{
    public static Command Create()
    {
        var names = new Argument<string[]>("CONTAINER") { Arity = ArgumentArity.OneOrMore };
        var attach = new Option<bool>("--attach", "-a") { Description = "Stay attached: show what it writes, and end with its exit code. Only one container." };
        var interactive = new Option<bool>("--interactive", "-i") { Description = "The same, and pass standard input on if it was made with -i." };
        var keys = new Option<string>("--detach-keys") { Description = "The keys that detach from its terminal (default: ctrl-p,ctrl-q)." };
        var command = new Command("start", "Start containers that are stopped.") { names, attach, interactive, keys };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToChange());
            var detaching = DetachKeys.Parse(result.GetValue(keys) is { } text ? ByteText.Text(text) : null);
            var given = result.GetValue(names) ?? [];
            var withInput = result.GetValue(interactive);
            if (!result.GetValue(attach) && !withInput) return ForEach.Name(given, name => Start(store, name));
            if (given is not [var only]) throw new RefusedException("you cannot start and attach multiple containers at once");
            return AttachedContainer.Run(store, store.Get(ByteText.Text(only)), Attachment.Own with { Input = withInput ? new Fd(0) : Fd.None, Keys = detaching });
        });
        return command;
    }

    internal static string Start(ContainerStore store, string name)
    {
        ContainerLauncher.Start(store, store.Get(name));
        return name + "\n";
    }
}
