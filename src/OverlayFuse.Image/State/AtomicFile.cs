using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>Small files that are whole or not there: written under another name, synced, renamed, and the directory synced.</summary>
public static class AtomicFile
{
    private const uint Readable = Mode.OwnerReadWriteOthersRead;

    /// <exception cref="RefusedException">It could not be written; the old content stands.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content, uint mode = Readable)
    {
        var directory = Path.GetDirectoryName(path)!;
        var name = Encoding.UTF8.GetBytes(Path.GetFileName(path));
        byte[] temporary = [.. "."u8, .. name, .. "."u8, .. Encoding.ASCII.GetBytes(Identifier.New()[..8])];
        var error = Syscall.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory, out var opened);
        if (error != Errno.None) throw CannotWrite(path, error);
        var place = new DirFd(opened.Number);
        try
        {
            error = Fill(place, temporary, content, mode);
            if (error == Errno.None) error = Syscall.RenameAt2(place, temporary, place, name, RenameFlags.None);
            if (error != Errno.None)
            {
                _ = Syscall.UnlinkAt(place, temporary);
                throw CannotWrite(path, error);
            }
            _ = Syscall.FSync(opened);
        }
        finally
        {
            opened.Close();
        }
    }

    /// <summary>Null where there is none.</summary>
    public static byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static Errno Fill(DirFd place, byte[] name, ReadOnlySpan<byte> content, uint mode)
    {
        var error = Syscall.OpenAt(place, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, mode, out var file);
        if (error != Errno.None) return error;
        error = Syscall.Chmod(file, mode); // whatever the caller's umask is
        if (error == Errno.None) error = Syscall.WriteAll(file, content);
        if (error == Errno.None) error = Syscall.FSync(file);
        file.Close();
        return error;
    }

    private static RefusedException CannotWrite(string path, Errno error) => new($"cannot write {path}: {error.Describe()}.");
}
