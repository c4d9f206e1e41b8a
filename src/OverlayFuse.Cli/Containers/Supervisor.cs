using System.Runtime.InteropServices;
using OverlayFuse.Container;
using OverlayFuse.Fuse;
using OverlayFuse.Image;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>The other side of <see cref="ContainerLauncher"/>: one process a container, which serves its union and runs its processes, and is gone with them.</summary>
/// <remarks>It holds the container's lock while it lives. It never looks into its own mount, which it would have to serve meanwhile.</remarks>
internal sealed class Supervisor
{
    private static readonly Fd Report = new(3);
    private static readonly Fd Go = new(4);

    private readonly ContainerStore _store;
    private readonly StoredContainer _container;
    private readonly Attachment _attachment;
    private Session? _session;
    private ContainerProcess? _process;
    private int _exitCode = 125;

    private Supervisor(ContainerStore store, StoredContainer container, Attachment attachment) =>
        (_store, _container, _attachment) = (store, container, attachment);

    /// <param name="arguments">Our own mark, the state directory, the id, and "attached", "detached" or "mounted".</param>
    public static int Run(string[] arguments)
    {
        if (arguments is not [_, var root, var id, var how])
        {
            Terminal.Say($"{ContainerLauncher.Argument} is for overlayfuse itself. To start a container: overlayfuse start NAME");
            return 1;
        }
        try
        {
            foreach (var fd in new[] { Report, Go }) _ = Syscall.SetCloseOnExec(fd); // the container must not keep the caller waiting
            var store = new ContainerStore(StateDirectory.Open(root));
            var container = store.Get(id);
            using var held = StateLock.TryTake(container.LockPath) ?? throw new RefusedException($"the container {container.Record.Name} is being started, or runs already.", 125);
            var attachment = how == "attached" ? new Attachment(new Fd(0), new Fd(1), new Fd(2)) : Attachment.None;
            return new Supervisor(store, store.Read(container.Id) ?? container, attachment).Serve(isRun: how != ContainerLauncher.MountOnly);
        }
        catch (Exception e) when (e is RefusedException or MountException)
        {
            Tell(new DaemonReply(false, [Program.Describe(e)]));
            return 125;
        }
    }

    private int Serve(bool isRun)
    {
        PosixSignalRegistration[] signals = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Stop))];
        UnionMount.Run(Job(),
            opened: () => { },
            mounted: session => _session = session,
            live: remarks => new Thread(() => Live(remarks)) { Name = "container" }.Start(),
            slow: _ => { }); // a container's work directory is its own: nobody else is ever in it
        if (isRun && _container.Record.AutoRemove) new ContainerRemoval(_store).Remove(_container, withVolumes: true);
        foreach (var signal in signals) signal.Dispose();
        return _exitCode;
    }

    // Not on the thread that serves: it has to serve what the command now looks at.
    private void Live(IReadOnlyList<string> remarks)
    {
        try
        {
            Tell(new DaemonReply(true, remarks));
            Span<byte> go = stackalloc byte[1];
            if (Syscall.Read(Go, go, out var count) != Errno.None || count == 0) return; // the command has said why, or was killed
            _process = new ContainerProcess(_container, _attachment);
            _exitCode = _process.Run(started: () => Tell(new DaemonReply(true, [])));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (e is RefusedException refused) _exitCode = refused.ExitCode;
            Tell(new DaemonReply(false, [Program.Describe(e)]));
        }
        finally
        {
            _session!.Stop();
        }
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true; // the end of the container is ours
        _process?.Stop();
    }

    private MountJob Job()
    {
        var layers = _store.Layers;
        var stack = layers.Stack(_container.Record.Lowers);
        var own = layers.PathOf(_container.Record.LayerId);
        var upper = Path.Combine(_store.State.Links, layers.LinkOf(_container.Record.LayerId));
        var union = new UnionOptions
        {
            MountPoint = System.Text.Encoding.UTF8.GetBytes(Path.Combine(own, "merged")),
            UpperDirectory = System.Text.Encoding.UTF8.GetBytes(layers.DiffOf(_container.Record.LayerId)),
            WorkDirectory = System.Text.Encoding.UTF8.GetBytes(Path.Combine(own, "work")),
            Immutable = true, // image layers never change
        };
        union.LowerDirectories.AddRange(stack.Select(System.Text.Encoding.UTF8.GetBytes));
        return new MountJob { Union = union, Source = Source(stack, upper, Path.Combine(own, "work")), Flags = MountFlags.NoAtime, AllowOther = true };
    }

    /// <summary>What mount(8) shows: a FUSE mount has no options of its own to tell of its layers.</summary>
    private static byte[] Source(List<string> stack, string upper, string work)
    {
        var text = $"overlay:lowerdir={string.Join(':', stack)},upperdir={upper},workdir={work}";
        return System.Text.Encoding.UTF8.GetBytes(text.Length < 2048 ? text : "overlay");
    }

    private static void Tell(DaemonReply reply) => _ = Descriptors.WriteAll(Report, reply.Write());
}
