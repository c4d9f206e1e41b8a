using OverlayFuse.Image;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Container;

/// <summary>Where a copy begins or ends: an object, or a name that is free, below a root that nothing leads out of.</summary>
/// <param name="Root">Closed by whoever opened it.</param>
/// <param name="Path">From the root, links resolved; empty for the root itself.</param>
/// <param name="Exists">Something has the name.</param>
/// <param name="HasParent">Its directory is there.</param>
public sealed record CopyEnd(DirFd Root, byte[] Path, bool Exists, bool IsDirectory, bool HasParent)
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

    /// <summary>The names in a directory.</summary>
    public List<byte[]> Names()
    {
        var directory = Open(Path);
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(directory, names);
        directory.Close();
        return error == Errno.None ? names : throw new RefusedException($"cannot list /{EntryPath.Show(Path)}: {error.Describe()}.");
    }

    /// <summary>Whether it is a tar archive, packed or not.</summary>
    /// <param name="content">Unpacked; closed by the caller.</param>
    public bool IsArchive(out Stream content, out UnpackLimit limit)
    {
        content = Stream.Null;
        limit = new UnpackLimit("", 0);
        if (Syscall.StatAt(Root, Path, cached: false, out var status) != Errno.None || status.Type != FileType.Regular) return false;
        if (Syscall.OpenAt2(Root, Path, OpenFlags.Path, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out var found) != Errno.None) return false;
        var file = $"/proc/self/fd/{found.Number}"; // its own name may be no text
        limit = new UnpackLimit(EntryPath.Show(Path), (long)status.Size);
        try
        {
            using (var first = Compression.Open(file)) if (new TarReader(first).Next() is null) return false;
            content = Compression.Open(file);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
        finally
        {
            found.Close();
        }
    }

    private DirFd Open(byte[] path)
    {
        var error = Syscall.OpenAt2(Root, path.Length == 0 ? "."u8 : path, OpenFlags.ReadOnly | OpenFlags.Directory, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out var directory);
        return error == Errno.None ? new DirFd(directory.Number) : throw new RefusedException($"cannot open /{EntryPath.Show(path)}: {error.Describe()}.");
    }
}
