using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse exec [FLAGS] CONTAINER COMMAND".</summary>
internal static class ExecVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var words = new Argument<string[]>("COMMAND") { Arity = ArgumentArity.OneOrMore };
        var detach = new Option<bool>("--detach", "-d") { Description = "In the background." };
        var interactive = new Option<bool>("--interactive", "-i") { Description = "Pass standard input on." };
        var tty = new Option<bool>("--tty", "-t") { Description = "Give it a terminal." };
        var environment = new Option<string[]>("--env", "-e") { Description = "NAME=VALUE, or NAME to pass on ours." };
        var environmentFile = new Option<string[]>("--env-file") { Description = "A file with one variable on each line." };
        var directory = new Option<string>("--workdir", "-w") { Description = "The directory to start in." };
        var user = new Option<string>("--user", "-u") { Description = "USER[:GROUP], by name or number." };
        var privileged = new Option<bool>("--privileged") { Description = "All capabilities." };
        var keys = new Option<string>("--detach-keys") { Description = "The keys that detach from its terminal (default: ctrl-p,ctrl-q)." };
        var command = new Command("exec", "Run a further program in a container that runs.") { name, words, detach, interactive, tty, environment, environmentFile, directory, user, privileged, keys };
        command.SetAction(result =>
        {
            if (result.GetValue(tty) && result.GetValue(interactive) && !result.GetValue(detach)) RawTerminal.Require();
            var detaching = DetachKeys.Parse(result.GetValue(keys) is { } text ? ByteText.Text(text) : null);
            var container = Running(ByteText.Text(result.GetRequiredValue(name)), out var store);
            var isDetached = result.GetValue(detach);
            var request = new ExecRequest
            {
                Command = Texts(result.GetValue(words)),
                Environment = [.. Texts(result.GetValue(environmentFile)).SelectMany(EnvironmentFile.Read), .. Texts(result.GetValue(environment))],
                WorkingDirectory = result.GetValue(directory) is { } where ? ByteText.Text(where) : null,
                User = result.GetValue(user) is { } who ? ByteText.Text(who) : null,
                Terminal = result.GetValue(tty) && !isDetached,
                OpenInput = result.GetValue(interactive) && !isDetached,
                Privileged = result.GetValue(privileged),
            };
            return Run(container, store, request, isDetached, detaching);
        });
        return command;
    }

    /// <summary>The container, in whose namespaces we are from here on.</summary>
    private static StoredContainer Running(string name, out ContainerStore store)
    {
        store = new ContainerStore(StatePlace.ToRead());
        var container = store.Get(name);
        if (!container.IsRunning) throw new RefusedException($"Container {container.Id} is not running");
        if (container.IsRestarting) throw new RefusedException($"Container {container.Id} is restarting, wait until the container is running");
        StatePlace.EnterContainer(container, stayInDirectory: true); // files of variables lie where the caller says
        return container;
    }

    private static int Run(StoredContainer container, ContainerStore store, ExecRequest request, bool isDetached, DetachKeys keys)
    {
        if (NullDevice.Open(container, out var nothing) is not Errno.None and var missing) throw new RefusedException($"cannot open /dev/null: {missing.Describe()}.");
        var merged = Path.Combine(store.Layers.PathOf(container.Record.LayerId), "merged");
        if (Syscall.Open(merged, OpenFlags.ReadOnly | OpenFlags.Directory, out var root) is not Errno.None and var error) throw new RefusedException($"cannot enter {merged}: {error.Describe()}.");
        using var raw = request is { Terminal: true, OpenInput: true } ? RawTerminal.Enter() : null;
        var input = request.OpenInput ? new Fd(0) : request.Terminal ? Fd.None : nothing;
        var streams = isDetached ? new Attachment(input, nothing, nothing) : new Attachment(input, new Fd(1), new Fd(2)) { Keys = keys }; // who reads our output does not wait for what is detached
        var (exitCode, refusal) = Begin(() => ExecProcess.Run(container, request, new DirFd(root.Number), streams, isDetached), isDetached);
        nothing.Close();
        if (refusal.Length > 0) Terminal.Say($"OCI runtime exec failed: {refusal}");
        return exitCode;
    }

    // Docker's codes: of what goes on without us there is only whether it was started.
    private static (int ExitCode, string Error) Begin(Func<(int ExitCode, string Error)> run, bool isDetached)
    {
        try
        {
            var (exitCode, refusal) = run();
            return (isDetached && exitCode != 0 ? 1 : exitCode, refusal);
        }
        catch (RefusedException e) when (isDetached)
        {
            throw new RefusedException(e.Message);
        }
    }

    private static List<string> Texts(string[]? carried) => [.. (carried ?? []).Select(ByteText.Text)];
}
