using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// What only the work directory knows of the names of an upper: further names of a file that was changed under one, and moves that were not finished.
/// A mount for reading only looks at the upper alone, and writes nothing that would mend it: it must not show names as they were before.
/// </summary>
internal sealed class UnwrittenNames : IDisposable
{
    private const OpenFlags Readable = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    private readonly DirFd _work;
    private readonly DirFd _own;

    /// <param name="work">One that is not there, or not for us to read, says nothing.</param>
    public UnwrittenNames(byte[] work)
    {
        _work = Syscall.OpenAt(DirFd.Cwd, work, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var opened) == Errno.None ? new DirFd(opened.Number) : DirFd.None;
        _own = OpenIn(_work, "overlayfuse"u8);
        LayerNumbers = _own.IsOpen ? LayerNumbers.Read(_own) : new LayerNumbers();
    }

    /// <summary>Those by which the index knows the files of the layers.</summary>
    public LayerNumbers LayerNumbers { get; }

    /// <summary>Throws where a name would show what it no longer is.</summary>
    /// <param name="tree">Of the layers to be read, the upper topmost.</param>
    public void Check(Tree tree)
    {
        if (!_own.IsOpen) return;
        var upper = tree.RootDirectory.Top;
        if (FindMove(upper) is { } moved)
            throw new MountException($"cannot mount {Text(upper.Layer.Path)} for reading only: an earlier mount was killed while {Text(moved)} was being moved, and it would still show there. " +
                "Mount the union once without ro: that finishes the move.");
        if (FindLink(tree) is { } name)
            throw new MountException($"cannot mount {Text(upper.Layer.Path)} for reading only: {Text(name)} is one more name of a file that was changed under another, which only the work " +
                $"directory knows, and would show what it was before. Give the file all its names first: overlayfuse settle {Text(upper.Layer.Path)}");
    }

    public void Dispose()
    {
        _own.Close();
        _work.Close();
    }

    private byte[]? FindMove(LayerDirectory upper)
    {
        var moves = OpenIn(_own, "moves"u8);
        if (!moves.IsOpen || upper.Enter(out var top) != Errno.None)
        {
            moves.Close();
            return null;
        }
        byte[]? found = null;
        var names = new List<byte[]>();
        _ = DirectoryNames.Read(moves, names);
        foreach (var name in names)
        {
            if (found is null && MoveJournal.IsPending(moves, name, top, out var path)) found = path;
        }
        upper.Leave();
        moves.Close();
        return found;
    }

    // The layers are walked only where the index has files that have names elsewhere: names outside of all layers are counted too.
    private byte[]? FindLink(Tree tree)
    {
        var wanted = ReadIndex();
        if (wanted.Count == 0) return null;
        byte[]? found = null;
        using var numbers = InodeNumbers.Read(_own);
        var error = UnionWalk.Run(tree.RootDirectory, [], tree.Search, new InodeMap(numbers, null), Look, passesUnreadable: true); // nor can the mount show what is in those
        if (error != Errno.None && found is null)
            throw new MountException($"cannot mount {Text(tree.RootDirectory.Top.Layer.Path)} for reading only: whether its names show what they were before cannot be told, as the layers cannot be " +
                $"read: {error.Describe()}. Mount the union without ro.");
        return found;

        void Look(byte[] path, UnionDirectory _, Listing listing, int i)
        {
            if (listing.Type(i) != FileType.Directory && wanted.Contains(listing.Inode(i))) found ??= path;
        }
    }

    private HashSet<ulong> ReadIndex()
    {
        var wanted = new HashSet<ulong>();
        var links = OpenIn(_own, "links"u8);
        if (links.IsOpen) _ = LinkIndex.ReadUnnamed(links, wanted, KernelIndex.Inodes(_work));
        links.Close();
        return wanted;
    }

    private static DirFd OpenIn(DirFd directory, ReadOnlySpan<byte> name) =>
        directory.IsOpen && Syscall.OpenAt(directory, name, Readable, 0, out var opened) == Errno.None ? new DirFd(opened.Number) : DirFd.None;

    private static string Text(byte[] path) => Encoding.UTF8.GetString(path);
}
