using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Where a copy begins or ends: an object, or a name that is free, below a root that nothing leads out of.</summary>
/// <param name="Root">Closed by whoever opened it.</param>
/// <param name="Path">From the root, links resolved; empty for the root itself.</param>
/// <param name="Exists">Something has the name.</param>
/// <param name="HasParent">Its directory is there.</param>
/// <param name="ReadOnly">Nothing can be written there.</param>
public sealed record CopyEnd(DirFd Root, byte[] Path, bool Exists, bool IsDirectory, bool HasParent, bool ReadOnly)
{
    /// <summary>Writes it into an archive under another name.</summary>
    public void WriteTo(TreeArchive archive, byte[] stored)
    {
        var at = Path.AsSpan().LastIndexOf((byte)'/');
        var directory = Open(at < 0 ? [] : Path[..at]);
        archive.WriteName(directory, Path.Length == 0 ? "."u8.ToArray() : Path[(at + 1)..], stored);
        directory.Close();
    }

    /// <summary>Writes what is in it.</summary>
    public void WriteContentsTo(TreeArchive archive)
    {
        var directory = Open(Path);
        archive.WriteContents(directory);
        directory.Close();
    }

    private DirFd Open(byte[] path)
    {
        var error = Syscall.OpenAt2(Root, path.Length == 0 ? "."u8 : path, OpenFlags.ReadOnly | OpenFlags.Directory, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out var directory);
        return error == Errno.None ? new DirFd(directory.Number) : throw new RefusedException($"cannot open /{EntryPath.Show(path)}: {error.Describe()}.");
    }
}
