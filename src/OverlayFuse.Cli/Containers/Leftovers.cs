using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Fuse;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>What a supervisor that was killed leaves: processes, mounts, a state that tells of a time before, a container that was to go with its end; and what
/// a build that was killed leaves. Every command begins by taking it away.</summary>
/// <remarks>An ordinary user does so outside of any user namespace: whoever made one may end all processes in it, whatever users they are there.</remarks>
internal static class Leftovers
{
    private const int Killed = 137;

    public static void Sweep(StateDirectory state)
    {
        var store = new ContainerStore(state);
        var forsaken = new List<string>();
        foreach (var path in Directory.EnumerateDirectories(state.Containers).Where(ProcessList.IsThere))
        {
            Try(() =>
            {
                var id = Path.GetFileName(path);
                if (store.Read(id) is { } container) TakeAway(store, container);
                if (ProcessList.IsThere(path) && store.Read(id) is { } left && IsForsaken(left)) forsaken.Add(id);
            });
        }
        if (forsaken.Count == 0 && !BuildTurn.IsForsaken(state)) return;
        Try(() =>
        {
            if (!Caller.Current().IsRoot)
            {
                StatePlace.SweepInUserNamespace();
                return;
            }
            foreach (var id in forsaken) Remove(store, id);
            BuildTurn.Sweep(store);
        });
    }

    // What could not be done keeps its mark, and the next command tries again; this one has something else to do.
    private static void Try(Action sweep)
    {
        try
        {
            sweep();
        }
        catch (Exception e) when (e is RefusedException or MountException or IOException or UnauthorizedAccessException)
        {
            Terminal.Say(Program.Describe(e));
        }
    }

    /// <summary>It was to be removed when it ended, and its supervisor did not come to that.</summary>
    private static bool IsForsaken(StoredContainer container) => container is { Record.AutoRemove: true, IsServed: false, State.Status: ContainerStatus.Exited };

    private static void Remove(ContainerStore store, string id)
    {
        using var names = store.Lock();
        if (store.Read(id) is not { } container || !IsForsaken(container)) return;
        using var held = ContainerStore.TryServe(container);
        if (held is not null) new ContainerRemoval(store).RemoveServed(container, withVolumes: true);
    }

    /// <summary>Nothing where somebody serves it, or nothing is left.</summary>
    public static void TakeAway(ContainerStore store, StoredContainer container)
    {
        using var held = ContainerStore.TryServe(container);
        if (held is not null) TakeAwayServed(store, container);
    }

    /// <summary>By who serves it from now on: a supervisor that was killed may have held the lock until a moment ago.</summary>
    public static void TakeAwayServed(ContainerStore store, StoredContainer container)
    {
        if (!ProcessList.IsThere(container.Directory)) return; // somebody was faster
        ProcessList.End(container);
        if (Caller.Current().IsRoot)
        {
            if (Directory.Exists(container.RuntimeRoot)) Runtime.Of(container).RunQuietly("delete", "--force", container.Id); // its control groups, too
            Unmount(Path.Combine(store.Layers.PathOf(container.Record.LayerId), "merged"));
            Unmount(Path.Combine(container.Directory, "netns"));
        }
        new VolumeUses(store).End(container);
        LayerStore.Discard(container.RuntimeRoot);
        if (container.IsUnderWay)
        {
            var state = container.State;
            (state.Status, state.Pid, state.ExitCode, state.FinishedAt, state.Ports, state.Address) = (ContainerStatus.Exited, 0, Killed, DateTimeOffset.UtcNow, null, null);
            ContainerStore.WriteState(container.Directory, state);
        }
        if (container is { Record.AutoRemove: true, State.Status: ContainerStatus.Exited }) return; // it is left itself
        ProcessList.Remove(container.Directory); // last: until then there is something left
    }

    private static void Unmount(string path)
    {
        var target = Encoding.UTF8.GetBytes(path);
        if (MountInfo.Find(target) is not null && Unmounter.Unmount(target) is { } failure) throw new RefusedException(failure);
    }
}
