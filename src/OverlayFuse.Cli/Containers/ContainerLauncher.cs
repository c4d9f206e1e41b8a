using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Starts a container: its supervisor mounts, we prepare what is mounted, the supervisor runs it.</summary>
internal static class ContainerLauncher
{
    /// <summary>The first argument of a supervisor.</summary>
    public const string Argument = "--supervise";

    /// <summary>Its last argument when there is nothing to run.</summary>
    public const string MountOnly = "mounted";

    /// <summary>Starts it in the background.</summary>
    /// <exception cref="RefusedException">It could not be started.</exception>
    public static void Start(ContainerStore store, StoredContainer container)
    {
        if (Start(store, container, Attachment.None) is { } supervisor) supervisor.Report.Close();
    }

    /// <summary>
    /// Returns once its program runs: the id of its supervisor, our child, and the pipe by which it says at the end what kept it from writing to us; null where
    /// another command was faster.
    /// </summary>
    /// <param name="streams">What its program gets as standard input, output and error.</param>
    /// <param name="mayStart">Asked when all is prepared; what it is asked for cannot be taken back.</param>
    /// <exception cref="RefusedException">It could not be started.</exception>
    public static (int Pid, Fd Report)? Start(ContainerStore store, StoredContainer container, Attachment streams, Func<bool>? mayStart = null)
    {
        using var turn = StateLock.Take(container.TurnPath); // commands that start it at once do so one after another
        container = store.Settled(store.Get(container.Id));
        if (container.IsRunning) return null;
        MountSources.PrepareBinds(container.Record);
        var pid = Spawn(store, container, streams != Attachment.None ? "attached" : "detached", streams, out var report, out var go);
        try
        {
            Await(report, pid);
            new VolumeUses(store).Begin(container); // the supervisor ends them, whatever comes
            var volumes = new VolumeStore(store.State);
            using (volumes.Lock()) Preparation.Run(container, Path.Combine(store.Layers.PathOf(container.Record.LayerId), "merged"), volumes, isRootless: !Caller.Current().IsHostRoot);
            if (mayStart?.Invoke() == false) throw new RefusedException($"the container {container.Record.Name} was not started: a signal came before.", 125);
            _ = Syscall.Write(go, "g"u8, out _);
            Await(report, pid);
            go.Close();
            return (pid, report);
        }
        catch // whatever it is: the supervisor waits for us
        {
            go.Close(); // it gives up
            _ = Syscall.WaitPid(pid, out _);
            report.Close();
            throw;
        }
    }

    /// <summary>Mounts the union of a container that does not run, until <paramref name="go"/> is closed.</summary>
    /// <returns>The supervisor, which is gone when it has unmounted; null: the container runs by now.</returns>
    public static int? Mount(ContainerStore store, StoredContainer container, out Fd go)
    {
        using var turn = StateLock.Take(container.TurnPath); // of those that mount it or start it at once, one does
        container = store.Settled(store.Get(container.Id));
        go = Fd.None;
        if (container.IsRunning) return null;
        var pid = Spawn(store, container, MountOnly, Attachment.None, out var report, out go);
        try
        {
            Await(report, pid);
            return pid;
        }
        catch // as above
        {
            go.Close();
            _ = Syscall.WaitPid(pid, out _);
            throw;
        }
        finally
        {
            report.Close();
        }
    }

    private static int Spawn(ContainerStore store, StoredContainer container, string how, Attachment streams, out Fd report, out Fd go)
    {
        if (ContainerRoot.For(store, container) is CopiedRoot copied) copied.Copy();
        if (Syscall.Pipe(out report, out var reportIn) is not Errno.None and var noPipe) throw CannotStart(noPipe);
        if (Syscall.Pipe(out var goOut, out go) is not Errno.None and var noSecondPipe) throw CannotStart(noSecondPipe);
        if (Syscall.Open("/dev/null", OpenFlags.ReadWrite, out var nothing) is not Errno.None and var noNull) throw CannotStart(noNull);
        string[] words = ["overlayfuse", Argument, store.State.Root, container.Id, how, streams.Keys.Text];
        Fd OrNothing(Fd stream) => stream.IsOpen ? stream : nothing;
        var error = Syscall.Spawn(new SpawnRequest
        {
            File = "/proc/self/exe"u8.ToArray(),
            Arguments = [.. words.Select(Encoding.UTF8.GetBytes)],
            Environment = ["DOTNET_EnableDiagnostics=0"u8.ToArray()],
            Descriptors = [(OrNothing(streams.Input), 0), (OrNothing(streams.Output), 1), (OrNothing(streams.Error), 2), (reportIn, 3), (goOut, 4)],
            NewSession = true,
        }, out var pid);
        foreach (var fd in new[] { reportIn, goOut, nothing }) fd.Close();
        return error == Errno.None ? pid : throw CannotStart(error);
    }

    private static void Await(Fd report, int pid)
    {
        if (DaemonReply.Read(report) is not { } reply) throw new RefusedException($"the supervisor of the container ended before it ran (process {pid}).", 125);
        if (reply.IsLive) return;
        var said = string.Join('\n', reply.Sentences);
        throw new RefusedException(said, Runtime.ExitCodeFor(said)); // not from its state: with --rm that may be gone by now
    }

    /// <summary>Somebody else holds its lock.</summary>
    public static RefusedException AlreadyServed(StoredContainer container) => new($"the container {container.Record.Name} is being started, or runs already.", 125);

    private static RefusedException CannotStart(Errno error) => new($"cannot start the supervisor of the container: {error.Describe()}.", 125);
}
