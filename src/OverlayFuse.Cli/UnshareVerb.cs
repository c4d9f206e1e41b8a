using System.CommandLine;
using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse unshare [COMMAND]": a command that sees what an ordinary user's containers are made of as their root does.</summary>
/// <remarks>Each running container has its mounts in a namespace of its own: a command that names the directory of one goes into that.</remarks>
internal static class UnshareVerb
{
    /// <summary>The words of a command that only begins, as every one does.</summary>
    public static readonly IReadOnlyList<string> Nothing = ["unshare", "true"];

    public static Command Create()
    {
        var words = new Argument<string[]>("COMMAND") { Description = "The program and its arguments; without, a shell.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("unshare",
            "Run a command in the user namespace of your containers, in which their files have their owners. One that names the merged directory of a running " +
            "container sees it.")
        {
            words,
        };
        command.SetAction(result => Run([.. (result.GetValue(words) ?? []).Select(ByteText.Text)]));
        return command;
    }

    /// <summary>Returns only by its failure.</summary>
    private static int Run(List<string> asked)
    {
        var state = StatePlace.ToRead();
        if (Named(new ContainerStore(state), asked) is { } container) StatePlace.EnterContainer(container);
        StatePlace.ToChange(); // is there already, after the line above
        if (asked.Count == 0) asked.Add(Environment.GetEnvironmentVariable("SHELL") is { Length: > 0 } shell ? shell : "/bin/sh");
        var error = Syscall.Execute(Encoding.UTF8.GetBytes(asked[0]), [.. asked.Select(Encoding.UTF8.GetBytes)]);
        throw new RefusedException($"cannot start {asked[0]}: {error.Describe()}.", error == Errno.NOENT ? 127 : 126);
    }

    private static StoredContainer? Named(ContainerStore store, List<string> words) =>
        store.All().Find(container => container.IsRunning && words.Exists(word => word.Contains(store.Layers.PathOf(container.Record.LayerId), StringComparison.Ordinal)));
}
