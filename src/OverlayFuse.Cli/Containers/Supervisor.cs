using System.Diagnostics;
using System.Runtime.InteropServices;
using OverlayFuse.Container;
using OverlayFuse.Fuse;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The other side of <see cref="ContainerLauncher"/>: one process a container, which mounts its root and runs its processes, and is gone with them.</summary>
/// <remarks>It holds the container's lock while it lives. It never looks into its own mount, which it would have to serve meanwhile.</remarks>
internal sealed class Supervisor
{
    // How long who stops or kills it waits for those who use its files.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly Fd Report = new(3);
    private static readonly Fd Go = new(4);

    private readonly ContainerStore _store;
    private readonly StoredContainer _container;
    private readonly Attachment _attachment;
    private readonly ContainerRoot _root;
    private readonly Lock _gate = new(); // protects the two fields below
    private ContainerProcess? _process;
    private bool _isToEnd;
    private int _exitCode = 125;
    private StateLock? _alone;

    private Supervisor(ContainerStore store, StoredContainer container, Attachment attachment) =>
        (_store, _container, _attachment, _root) = (store, container, attachment, ContainerRoot.For(store, container));

    /// <param name="arguments">Our own mark, the state directory, the id, "attached", "detached" or "mounted", and the keys that detach.</param>
    public static int Run(string[] arguments)
    {
        if (arguments is not [_, var root, var id, var how, var keys])
        {
            Terminal.Say($"{ContainerLauncher.Argument} is for overlayfuse itself. To start a container: overlayfuse start NAME");
            return 1;
        }
        try
        {
            _ = Syscall.Umask(ProcessSpec.UsualMask); // what the runtime makes in the container does not depend on the caller's
            foreach (var fd in new[] { Report, Go }) _ = Syscall.SetCloseOnExec(fd); // the container must not keep the caller waiting
            Descriptors.CloseInherited(Fd.None); // nor hold locks of his, as those that flock(1) hands on
            var store = new ContainerStore(StateDirectory.Open(root));
            var container = store.Get(id);
            using var held = ContainerStore.Serve(container) ?? throw ContainerLauncher.AlreadyServed(container);
            var attachment = how == "attached"
                ? Attachment.Own with { IsThere = IsParent(), Left = TellingParent(Signal.Urgent), Keys = DetachKeys.Parse(keys), Detached = LettingGo(TellingParent(Signal.InputOutput)) }
                : Attachment.None;
            Leftovers.TakeAwayServed(store, container);
            using var run = how == ContainerLauncher.MountOnly ? null : ContainerRun.Begin(container);
            ProcessList.Write(container);
            var exitCode = new Supervisor(store, store.Get(container.Id), attachment).Serve(run); // by now it may be another, or gone
            ProcessList.Remove(container.Directory);
            held.Dispose(); // before the run is over: who waits for that finds the container free
            return exitCode;
        }
        catch (Exception e) when (e is RefusedException or MountException)
        {
            Tell(new DaemonReply(false, [Program.Describe(e)]));
            return 125;
        }
    }

    /// <param name="run">Null: it is mounted only.</param>
    private int Serve(ContainerRun? run)
    {
        PosixSignalRegistration[] signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Stop))];
        _root.Run(live: remarks => new Thread(() => Live(remarks)) { Name = "container" }.Start());
        _alone?.Dispose();
        new VolumeUses(_store).End(_container);
        run?.Leave(_exitCode);
        if (run is not null && _container.Record.AutoRemove && !StateLock.IsHeld(_container.KeptPath)) RemoveIt();
        foreach (var signal in signals) signal.Dispose();
        return _exitCode;
    }

    private void RemoveIt()
    {
        using var names = _store.Lock(); // not half way while others look for what is used
        new ContainerRemoval(_store).RemoveServed(_container, withVolumes: true);
    }

    // Not on the thread that serves: it has to serve what the command now looks at.
    private void Live(IReadOnlyList<string> remarks)
    {
        try
        {
            Tell(new DaemonReply(true, remarks));
            Span<byte> go = stackalloc byte[1];
            if (Syscall.Read(Go, go, out var count) != Errno.None || count == 0) return; // the command has said why, or was killed
            var process = new ContainerProcess(_container, _attachment, Stopping.SignalFor(_container));
            lock (_gate)
            {
                if (_isToEnd) throw new RefusedException($"the container {_container.Record.Name} was not started: its supervisor was asked to end.", 125);
                _process = process;
            }
            _exitCode = process.Run(started: () => TellStarted(process));
            if (process.Failure is { } failure) Tell(new DaemonReply(false, [failure])); // its code stays what it is
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is RefusedException refused) _exitCode = refused.ExitCode;
            Tell(new DaemonReply(false, [Program.Describe(e)]));
        }
        finally
        {
            _alone = AwaitUsers();
            _root.End();
        }
    }

    // Who reads or writes its files comes to his end, though the program has ended before; null: not where somebody wants that end.
    private StateLock? AwaitUsers()
    {
        Stopwatch? waited = null;
        while (File.Exists(_container.UsersPath))
        {
            if (ContainerUsers.TryExclude(_container) is { } alone) return alone;
            if (_process?.EndIsWanted == true) waited ??= Stopwatch.StartNew();
            if (waited?.Elapsed > Patience) break;
            Thread.Sleep(20);
        }
        return null;
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true; // the end of the container is ours
        ContainerProcess? process;
        lock (_gate) (process, _isToEnd) = (_process, true);
        process?.Stop(Signal.Terminate);
    }

    // Who is killed while he waits for the start of what he is attached to has started nothing.
    private void TellStarted(ContainerProcess process)
    {
        if (Tell(new DaemonReply(true, [])) == Errno.PIPE && _attachment != Attachment.None) process.Stop(Signal.Kill); // a first process need not hear another
    }

    // Who is our parent now: whether he is so yet.
    private static Func<bool> IsParent()
    {
        var parent = Syscall.ParentPid();
        return () => Syscall.ParentPid() == parent;
    }

    // It waits for the end of the container, and does not see what we write.
    private static Action TellingParent(int signal)
    {
        var (parent, isThere) = (Syscall.ParentPid(), IsParent());
        return () =>
        {
            if (isThere()) _ = Syscall.Kill(parent, signal); // else it is gone as well
        };
    }

    // The terminal is for others from then on.
    private static Action LettingGo(Action tell) => () =>
    {
        if (Syscall.Open("/dev/null", OpenFlags.ReadWrite, out var nothing) == Errno.None)
        {
            for (var stream = 0; stream <= 2; stream++) _ = Syscall.Duplicate2(nothing, stream);
            nothing.Close();
        }
        tell();
    };

    private static Errno Tell(DaemonReply reply) => Syscall.WriteAll(Report, reply.Write());
}
