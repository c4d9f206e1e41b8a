using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Makes changes of files: all are written beside the old ones first, and only then put in their places.</summary>
internal static class FileChanges
{
    /// <exception cref="MountException">One could not be written; those before it in the list may have their new text when that came last of all.</exception>
    public static void Make(IReadOnlyList<FileChange> changes)
    {
        var written = new List<string>();
        var at = "";
        try
        {
            foreach (var change in changes)
            {
                at = change.File.Path;
                if (change.After is null) continue;
                var place = Place(change.File);
                Directory.CreateDirectory(Path.GetDirectoryName(place)!);
                written.Add(place + ".new");
                Write(change, place);
            }
            foreach (var change in changes)
            {
                at = change.File.Path;
                if (change.Backup is not null) File.WriteAllText(change.File.BackupPath, change.Backup);
                if (change.After is null) File.Delete(change.File.Path);
                else File.Move(Place(change.File) + ".new", Place(change.File), overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var path in written) File.Delete(path);
            throw new MountException($"cannot write {at}: {Why(e)}.\nNothing was changed there.{(Caller.Current().IsRoot ? "" : " Run as root, or use --user for your own configuration.")}");
        }
    }

    /// <summary>What the system said: the runtime's own words are not in the executable.</summary>
    public static string Why(Exception e) => e switch
    {
        MountException => e.Message.TrimEnd('.'),
        DecoderFallbackException => "it is no UTF-8",
        UnauthorizedAccessException => Errno.ACCES.Describe(),
        FileNotFoundException or DirectoryNotFoundException => Errno.NOENT.Describe(),
        { HResult: > 0 and < 200 } => ((Errno)e.HResult).Describe(),
        _ => e.GetType().Name,
    };

    /// <summary>Forgets how files were before.</summary>
    public static void DropBackups(IEnumerable<ConfigurationFile> files)
    {
        foreach (var file in files.Where(file => file.Remove is not null)) File.Delete(file.BackupPath);
    }

    // A file that a link leads to stays where it is.
    private static string Place(ConfigurationFile file) =>
        !file.IsLink && File.Exists(file.Path) && File.ResolveLinkTarget(file.Path, returnFinalTarget: true) is { } target ? target.FullName : file.Path;

    private static void Write(FileChange change, string place)
    {
        File.Delete(place + ".new");
        if (change.File.IsLink)
        {
            File.CreateSymbolicLink(place + ".new", change.After!);
            return;
        }
        File.WriteAllText(place + ".new", change.After);
        if (Syscall.Stat(place, out var old) != Errno.None) return;
        var copy = Encoding.UTF8.GetBytes(place + ".new");
        _ = Syscall.ChownAt(DirFd.Cwd, copy, old.Uid, old.Gid); // an ordinary user's are their own
        var error = Syscall.ChmodAt(DirFd.Cwd, copy, old.Mode & 0xfff /* 07777 */);
        if (error != Errno.None) throw new IOException(error.Describe());
    }
}
