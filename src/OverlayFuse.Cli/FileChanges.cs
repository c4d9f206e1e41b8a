using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Image;
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
                var place = change.File.Place;
                Directory.CreateDirectory(Path.GetDirectoryName(place)!);
                written.Add(place + ".new");
                Write(change, place);
            }
            foreach (var change in changes)
            {
                at = change.File.Path;
                var place = change.File.Place;
                if (change.Backup is not null) WriteAs(place, change.File.BackupPath, change.Backup);
                if (change.After is null) File.Delete(place);
                else File.Move(place + ".new", place, overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            foreach (var path in written) File.Delete(path);
            throw new MountException($"cannot write {at}: {Why(e)}.\nNothing was changed there.{(Caller.Current().IsRoot ? "" : " Run as root, or use --user for your own configuration.")}");
        }
    }

    /// <summary>What the system said.</summary>
    public static string Why(Exception e) => e switch
    {
        MountException => e.Message.TrimEnd('.'),
        DecoderFallbackException => "it is no UTF-8",
        _ => FileErrors.Reason(e),
    };

    /// <summary>Takes away the directories of our own that are empty now.</summary>
    public static void DropDirectories(IEnumerable<ConfigurationFile> files)
    {
        foreach (var file in files)
        {
            var directory = file.Place;
            for (var i = 0; i < file.OwnDirectories; i++)
            {
                directory = Path.GetDirectoryName(directory)!;
                if (Syscall.RmdirAt(DirFd.Cwd, Encoding.UTF8.GetBytes(directory)) != Errno.None) break; // somebody else's files are in it, too
            }
        }
    }

    /// <summary>Forgets how files were before.</summary>
    public static void DropBackups(IEnumerable<ConfigurationFile> files)
    {
        foreach (var file in files.Where(file => file.Remove is not null)) File.Delete(file.BackupPath);
    }

    private static void Write(FileChange change, string place)
    {
        if (!change.File.IsLink)
        {
            WriteAs(place, place + ".new", change.After!);
            return;
        }
        File.Delete(place + ".new");
        File.CreateSymbolicLink(place + ".new", change.After!);
    }

    /// <summary>Writes <paramref name="copy"/> with the owner and the mode of <paramref name="original"/>, where there is one.</summary>
    private static void WriteAs(string original, string copy, string text)
    {
        File.Delete(copy);
        var path = Encoding.UTF8.GetBytes(copy);
        var exists = Syscall.Stat(original, out var old) == Errno.None;

        // There may be a password in it: nobody else opens it before it has the mode.
        var mode = exists ? Mode.OwnerReadWrite : Mode.OwnerReadWriteOthersRead;
        var error = Syscall.OpenAt(DirFd.Cwd, path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, mode, out var file);
        if (error == Errno.None) error = Syscall.WriteAll(file, Encoding.UTF8.GetBytes(text));
        file.Close();
        if (exists) _ = Syscall.ChownAt(DirFd.Cwd, path, old.Uid, old.Gid); // an ordinary user's are their own
        if (error == Errno.None && exists) error = Syscall.ChmodAt(DirFd.Cwd, path, old.Mode & Mode.Permissions);
        if (error != Errno.None) throw new IOException(null, (int)error);
    }
}
