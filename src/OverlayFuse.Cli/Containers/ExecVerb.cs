using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse exec [FLAGS] CONTAINER COMMAND".</summary>
internal static class ExecVerb
{
    private const int CannotExecute = 126;

    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var words = new Argument<string[]>("COMMAND") { Arity = ArgumentArity.OneOrMore };
        var detach = new Option<bool>("--detach", "-d") { Description = "In the background." };
        var interactive = new Option<bool>("--interactive", "-i") { Description = "Pass standard input on." };
        var tty = new Option<bool>("--tty", "-t") { Description = "Give it a terminal." };
        var environment = new Option<string[]>("--env", "-e") { Description = "NAME=VALUE" };
        var directory = new Option<string>("--workdir", "-w") { Description = "The directory to start in." };
        var user = new Option<string>("--user", "-u") { Description = "USER[:GROUP], by name or number." };
        var command = new Command("exec", "Run a further program in a container that runs.") { name, words, detach, interactive, tty, environment, directory, user };
        command.SetAction(result =>
        {
            var container = Running(ByteText.Text(result.GetRequiredValue(name)), out var store);
            var flags = new List<string>();
            if (result.GetValue(detach)) flags.Add("--detach");
            if (result.GetValue(tty) && !result.GetValue(detach)) flags.Add("--tty");
            foreach (var variable in result.GetValue(environment) ?? []) flags.AddRange(["--env", ByteText.Text(variable)]);
            if (result.GetValue(directory) is { } where) flags.AddRange(["--cwd", ByteText.Text(where)]);
            if (result.GetValue(user) is { } who) flags.AddRange(["--user", Number(ByteText.Text(who), container, store)]);
            var isDetached = result.GetValue(detach);
            return Run(container, [.. flags, container.Id, .. (result.GetValue(words) ?? []).Select(ByteText.Text)], !isDetached && (result.GetValue(interactive) || result.GetValue(tty)), isDetached);
        });
        return command;
    }

    /// <summary>The container, in whose namespaces we are from here on.</summary>
    private static StoredContainer Running(string name, out ContainerStore store)
    {
        store = new ContainerStore(StatePlace.ToRead());
        var container = store.Get(name);
        if (!container.IsRunning) throw new RefusedException($"Container {container.Id} is not running");
        StatePlace.EnterContainer(container);
        return container;
    }

    private static int Run(StoredContainer container, List<string> words, bool withInput, bool isDetached)
    {
        if (Syscall.Open("/dev/null", OpenFlags.ReadWrite, out var nothing) is not Errno.None and var missing) throw new RefusedException($"cannot open /dev/null: {missing.Describe()}.");
        var (exitCode, error) = Runtime.Of(container).Run(["exec", .. words], withInput ? new Fd(0) : nothing, isDetached ? nothing : new Fd(1), isDetached ? nothing : new Fd(2)); // who reads our output does not wait for it
        nothing.Close();
        return error.Length == 0 ? exitCode : CannotExecute; // runc has said why, on the stream that is the program's too
    }

    private static string Number(string who, StoredContainer container, ContainerStore store)
    {
        var merged = Path.Combine(store.Layers.PathOf(container.Record.LayerId), "merged");
        if (Syscall.Open(merged, OpenFlags.ReadOnly | OpenFlags.Directory, out var root) is not Errno.None and var error) throw new RefusedException($"cannot enter {merged}: {error.Describe()}.");
        var found = UserLookup.Find(who, new DirFd(root.Number));
        root.Close();
        return $"{found.Uid}:{found.Gid}";
    }
}
