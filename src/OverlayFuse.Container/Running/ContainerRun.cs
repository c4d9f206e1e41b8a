using System.Globalization;
using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>One run of a container: its supervisor holds containers/ID/run by flock(2) until everything is cleaned up, and leaves the exit code in it.</summary>
/// <remarks>Each run has a file of its own in that place: who waits for one does not wait for the next, which may have begun by then.</remarks>
public sealed class ContainerRun : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    private readonly Fd _file;

    private ContainerRun(Fd file) => _file = file;

    /// <summary>For the supervisor.</summary>
    /// <exception cref="RefusedException">The file cannot be made.</exception>
    public static ContainerRun Begin(StoredContainer container)
    {
        var made = Encoding.UTF8.GetBytes(container.RunPath + ".new");
        _ = Syscall.UnlinkAt(DirFd.Cwd, made); // of one that was killed
        var error = Syscall.OpenAt(DirFd.Cwd, made, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive, Mode.OwnerReadWrite, out var file);
        if (error == Errno.None) error = Syscall.FLock(file, LockOperation.Exclusive); // before anybody finds it
        if (error == Errno.None) error = Syscall.RenameAt2(DirFd.Cwd, made, DirFd.Cwd, Encoding.UTF8.GetBytes(container.RunPath), RenameFlags.None);
        if (error == Errno.None) return new ContainerRun(file);
        file.Close();
        throw new RefusedException($"cannot make {container.RunPath}: {error.Describe()}.", 125);
    }

    /// <summary>The latest, over or not; null: it has never run.</summary>
    public static ContainerRun? Latest(StoredContainer container) =>
        Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(container.RunPath), OpenFlags.ReadWrite, 0, out var file) == Errno.None ? new ContainerRun(file) : null;

    /// <summary>Leaves a word for whoever waits, though the file may be removed by then.</summary>
    public void Leave(int exitCode) => _ = Syscall.PWrite(_file, Encoding.ASCII.GetBytes(exitCode.ToString(CultureInfo.InvariantCulture)), 0, out _);

    /// <summary>Waits for its end.</summary>
    /// <returns>What it ended with; null: its supervisor was killed.</returns>
    public int? Wait()
    {
        _ = Syscall.FLock(_file, LockOperation.Shared);
        Span<byte> note = stackalloc byte[16];
        return Syscall.PRead(_file, note, 0, out var length) == Errno.None && int.TryParse(note[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var exitCode) ? exitCode : null;
    }

    /// <summary>Whether it is over, or is so within this time; a negative one has no end.</summary>
    public bool IsOver(TimeSpan patience = default)
    {
        for (var waited = TimeSpan.Zero; Syscall.FLock(_file, LockOperation.Shared | LockOperation.NonBlocking) != Errno.None; waited += Step)
        {
            if (patience >= TimeSpan.Zero && waited >= patience) return false;
            Thread.Sleep(Step);
        }
        return true;
    }

    public void Dispose() => _file.Close();
}
