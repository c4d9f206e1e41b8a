using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>The turn of one build: others wait, and a mark says that one is under way. With the mark and nobody whose turn it is, a build was killed.</summary>
internal sealed class BuildTurn : IDisposable
{
    private readonly StateLock _held;
    private readonly string _mark;

    private BuildTurn(StateLock held, string mark) => (_held, _mark) = (held, mark);

    /// <summary>Waits until it is ours.</summary>
    public static BuildTurn Take(ImageStore images, ContainerStore containers)
    {
        var turn = new BuildTurn(images.LockBuilds(), Mark(images.State));
        WorkingContainer.Sweep(containers);
        AtomicFile.Write(turn._mark, []);
        return turn;
    }

    /// <summary>Whether a build was killed, and nobody has taken away what it left.</summary>
    public static bool IsForsaken(StateDirectory state)
    {
        if (!File.Exists(Mark(state))) return false;
        using var held = new ImageStore(state).TryLockBuilds();
        return held is not null;
    }

    /// <summary>Takes away what a build that was killed has left.</summary>
    public static void Sweep(ContainerStore containers)
    {
        using var held = new ImageStore(containers.State).TryLockBuilds();
        if (held is null) return;
        WorkingContainer.Sweep(containers);
        File.Delete(Mark(containers.State));
    }

    public void Dispose()
    {
        File.Delete(_mark);
        _held.Dispose();
    }

    private static string Mark(StateDirectory state) => Path.Combine(state.Containers, "building");
}
