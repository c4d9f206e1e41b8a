using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>Where things are being made: each process has a directory of its own there, and holds it by flock(2) until it is gone.</summary>
internal sealed class TemporaryFiles(string directory)
{
    private const string Prefix = "process-";

    // What is kept from one command to the next, as half a download is, and what had no directory of its own.
    private static readonly TimeSpan LongestWork = TimeSpan.FromDays(1);

    private readonly Lock _gate = new(); // protects: which directory is ours
    private string? _own;

    /// <exception cref="RefusedException">The directory cannot be made.</exception>
    public string NewName()
    {
        lock (_gate) return Path.Combine(_own ??= MakeOwn(), Identifier.New()[..32]);
    }

    /// <summary>Takes away what belongs to processes that are gone.</summary>
    /// <exception cref="RefusedException">Something could not be removed.</exception>
    public void Sweep()
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(directory).ToList())
        {
            if (Path.GetFileName(path).StartsWith(Prefix, StringComparison.Ordinal)) SweepOne(path);
            else if (DateTime.UtcNow - File.GetLastWriteTimeUtc(path) <= LongestWork) continue;
            else if (Directory.Exists(path)) LayerStore.Discard(path);
            else File.Delete(path);
        }
    }

    private static void SweepOne(string path)
    {
        if (Hold(path) is not { } held) return;
        try
        {
            LayerStore.Discard(path);
        }
        finally
        {
            held.Close();
        }
    }

    private string MakeOwn()
    {
        try
        {
            Sweep();
        }
        catch (RefusedException)
        {
            // What cannot be removed is said by "system prune"; this command has something else to do.
        }
        while (true)
        {
            var path = Path.Combine(directory, Prefix + Identifier.New()[..16]);
            var name = Encoding.UTF8.GetBytes(path);
            var error = Syscall.MkdirAt(DirFd.Cwd, name, Mode.OwnerAll);
            if (error != Errno.None) throw new RefusedException($"cannot make {path}: {error.Describe()}.");
            if (Hold(path) is null || !Directory.Exists(path)) continue; // swept before it was held
            AppDomain.CurrentDomain.ProcessExit += (_, _) => _ = Syscall.RmdirAt(DirFd.Cwd, name);
            return path; // held for as long as we live
        }
    }

    /// <summary>Null: another does, or it is not there.</summary>
    private static Fd? Hold(string path)
    {
        var error = Syscall.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory, out var opened);
        if (error == Errno.None) error = Syscall.FLock(opened, LockOperation.Exclusive | LockOperation.NonBlocking);
        if (error == Errno.None) return opened;
        opened.Close();
        return null;
    }
}
