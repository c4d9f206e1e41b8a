using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The container in which a step of a build is done; its writable layer becomes that of the image. Removed at the end, whatever happens.</summary>
internal sealed class WorkingContainer : IDisposable
{
    private const int MaxTries = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly ContainerStore _store;
    private readonly BuildStop? _stop; // null: of a build that was killed

    private WorkingContainer(ContainerStore store, StoredContainer container, BuildStop? stop) => (_store, Container, _stop) = (store, container, stop);

    public StoredContainer Container { get; }

    /// <summary>Of an image whose files are copied from, and in which nothing runs.</summary>
    public static WorkingContainer ToRead(ImageStore images, ContainerStore store, BuildStop stop, StoredImage image) => Create(images, store, stop, image, ["/"], [], null, isOnlyRead: true);

    /// <param name="image">What has been built so far.</param>
    /// <param name="environment">Build arguments.</param>
    /// <param name="volumes">What the step sees beside that.</param>
    /// <exception cref="RefusedException">The build is to stop, or cannot go on.</exception>
    public static WorkingContainer Create(ImageStore images, ContainerStore store, BuildStop stop, StoredImage image, IReadOnlyList<string> command,
        IReadOnlyList<string> environment, string? network, params IReadOnlyList<string> volumes) =>
        Create(images, store, stop, image, command, environment, network, isOnlyRead: false, volumes);

    private static WorkingContainer Create(ImageStore images, ContainerStore store, BuildStop stop, StoredImage image, IReadOnlyList<string> command,
        IReadOnlyList<string> environment, string? network, bool isOnlyRead, params IReadOnlyList<string> volumes)
    {
        var request = new RunRequest { Image = image.Id, Entrypoint = command[0], Command = [.. command.Skip(1)], Environment = environment, Network = network, Volumes = volumes };
        using var imagesHeld = images.Lock();
        if (images.FirstGone(image.Record.Layers) is { } gone) throw new RefusedException($"the layer {gone.DiffId} was removed while the image was built. Build again.");
        using var namesHeld = store.Lock();
        var taken = store.All().Select(container => container.Record.Name).ToHashSet();
        var record = ContainerPlan.For(request, WithoutVolumes(image), ContainerNames.New(taken.Contains), []);
        (record.IsBuildStep, record.IsOnlyRead) = (true, isOnlyRead);
        record.Config.Volumes = image.Config.Config?.Volumes; // whose directories are there in a step
        stop.Enter();
        try
        {
            return new WorkingContainer(store, store.Create(record), stop);
        }
        catch // whatever it is: there is no container
        {
            stop.Leave();
            throw;
        }
    }

    /// <summary>Removes what builds that were killed have left. Under the lock of builds.</summary>
    public static void Sweep(ContainerStore store)
    {
        foreach (var left in store.All().Where(container => container.Record.IsBuildStep))
        {
            // It may be on its way to run still, and cannot be told before.
            var now = left;
            for (var tries = MaxTries; now is { IsServed: true } && tries > 0; now = store.Read(left.Id), tries--)
            {
                if (now.IsRunning) ControlPipe.Send(now, Signal.Kill);
                Thread.Sleep(Pause);
            }
            if (now is { IsServed: true }) throw new RefusedException($"a step of a build that was killed is still there, in the container {now.Record.Name}: its supervisor does not end.");
            new WorkingContainer(store, left, null).Dispose();
        }
    }

    public MountedContainer Mount() => MountedContainer.Open(_store, Container);

    /// <summary>Runs its program, whose output goes to <paramref name="output"/>; it is killed when the build is to stop.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="RefusedException">It could not be started, or the build is to stop.</exception>
    public int Run(BuildOutput output)
    {
        if (Syscall.Pipe(out var read, out var write) is not Errno.None and var error) throw new RefusedException($"cannot make a pipe: {error.Describe()}.");
        var passing = new Thread(() => output.Pass(read)) { IsBackground = true, Name = "output" };
        passing.Start();
        try
        {
            var supervisor = ContainerLauncher.Start(_store, Container, new Attachment(Fd.None, write, write)) ?? throw ContainerLauncher.AlreadyServed(Container);
            supervisor.Report.Close();
            write.Close();
            write = Fd.None;
            var exitCode = Await(supervisor.Pid);
            Check();
            return exitCode;
        }
        finally
        {
            write.Close();
            passing.Join();
        }
    }

    private int Await(int supervisor)
    {
        var waiting = Task.Factory.StartNew(() => Syscall.WaitPid(supervisor, out var exitCode) == Errno.None ? exitCode : -1, TaskCreationOptions.LongRunning);
        if (_stop is not null && Task.WaitAny(waiting, _stop.Asked) != 0) Stopping.Kill(_store, Container);
        return waiting.GetAwaiter().GetResult();
    }

    /// <summary>The archive of what was changed; null when nothing was.</summary>
    public string? Capture()
    {
        if (ContainerChanges.Of(_store, Container.Record) is not { Count: > 0 } changes) return null;
        using var mounted = MountedContainer.Open(_store, Container);
        return LayerCapture.Write(mounted, changes, Check);
    }

    /// <summary>Lets <paramref name="change"/> write into its file system, and gives the archive of that.</summary>
    public string? Capture(Action<MountedContainer> change)
    {
        using var mounted = MountedContainer.Open(_store, Container);
        change(mounted);
        Check();
        return ContainerChanges.Of(_store, Container.Record) is { Count: > 0 } changes ? LayerCapture.Write(mounted, changes, Check) : null;
    }

    public void Dispose()
    {
        Stopping.Wait(Container);
        using (_store.Lock())
        {
            if (_store.Read(Container.Id) is { } left) new ContainerRemoval(_store).Remove(left, withVolumes: true);
        }
        _stop?.Leave();
    }

    private void Check() => _stop?.ThrowIfAsked();

    // What a step writes where the image has a volume belongs to the image.
    private static StoredImage WithoutVolumes(StoredImage image)
    {
        var config = image.Config.Config?.Copy() ?? new ContainerConfig();
        config.Volumes = null;
        return image with { Config = new ImageConfig { Architecture = image.Config.Architecture, Os = image.Config.Os, Config = config, RootFs = image.Config.RootFs } };
    }
}
