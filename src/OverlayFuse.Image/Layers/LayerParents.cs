using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>The directories that entries of an archive are made in. Links among their components are followed, but not out of the layer.</summary>
/// <remarks>Archives list a directory's entries one after the other, so the last one is kept open.</remarks>
internal sealed class LayerParents(DirFd root) : IDisposable
{
    private const ResolveFlags Inside = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;
    private const uint UsualMode = Mode.OwnerAllOthersReadExecute;

    private byte[]? _path;
    private DirFd _directory = DirFd.None;

    /// <summary>Called for each that is made though no entry names it: one path can ask for two thousand.</summary>
    public Action? Making { get; set; }

    /// <summary>The open directory; those that are missing are made. Closed by the next call.</summary>
    public DirFd Open(IReadOnlyList<byte[]> components)
    {
        var path = EntryPath.Join(components);
        if (_path is not null && _path.AsSpan().SequenceEqual(path)) return _directory;
        Forget();
        var error = Resolve(path, out _directory);
        if (error == Errno.NOENT) error = Make(components);
        if (error != Errno.None) throw new InvalidDataException($"it wants to write below {EntryPath.Show(path)}: {error.Describe()}");
        _path = path;
        return _directory;
    }

    /// <summary>After a directory was removed or replaced.</summary>
    public void Forget()
    {
        if (_path is not null) _directory.Close();
        _path = null;
    }

    public void Dispose() => Forget();

    private Errno Make(IReadOnlyList<byte[]> components)
    {
        for (var depth = 1; depth <= components.Count; depth++)
        {
            var error = Resolve(EntryPath.Join(components.Take(depth)), out _directory);
            if (error == Errno.NOENT)
            {
                error = Resolve(EntryPath.Join(components.Take(depth - 1)), out var parent);
                Making?.Invoke();
                if (error == Errno.None) error = Syscall.MkdirAt(parent, components[depth - 1], UsualMode);
                if (error == Errno.None) error = Syscall.ChmodItselfAt(parent, components[depth - 1], UsualMode); // whatever the caller's umask is
                parent.Close();
                if (error == Errno.None) error = Resolve(EntryPath.Join(components.Take(depth)), out _directory);
            }
            if (error != Errno.None) return error;
            if (depth < components.Count) _directory.Close();
        }
        return Errno.None;
    }

    private Errno Resolve(byte[] path, out DirFd directory)
    {
        var error = Syscall.OpenAt2(root, path.Length == 0 ? "."u8 : path, OpenFlags.ReadOnly | OpenFlags.Directory, 0, Inside, out var fd);
        directory = new DirFd(fd.Number);
        return error;
    }
}
