using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Image;

/// <summary>Writes what a container has changed as the archive of a layer: what is new or other from the union, what is gone as whiteouts.</summary>
/// <remarks>
/// OCI image-spec layer.md. Only the changes are read. The directories above each change are written too: who applies the layer would
/// give those that it lacks attributes of his own.
/// </remarks>
/// <param name="merged">The root of the union, mounted.</param>
public sealed class ChangeArchive(TarWriter archive, DirFd merged)
{
    private readonly TreeArchive _tree = new(archive);
    private readonly HashSet<string> _written = [];

    /// <exception cref="RefusedException">Something could not be read.</exception>
    public void Write(IReadOnlyList<Change> changes)
    {
        // What came by a rename is written whole, so nothing of what was changed in it since; not what was deleted there either.
        var moved = changes.Where(change => change.Reason == ChangeReason.Moved).Select(change => Key(change.Path[1..])).ToHashSet();
        var outside = changes.Where(change => !Parents(change.Path[1..]).Any(parent => moved.Contains(Key(parent)))).ToList();
        foreach (var change in outside) if (change.Kind == ChangeKind.Deleted) Hide(change.Path[1..]); // whiteouts stand before what is beside them
        foreach (var change in outside) if (change.Kind != ChangeKind.Deleted) Add(change.Path[1..], change);
    }

    private void Hide(byte[] path)
    {
        AddParents(path);
        var name = path.AsSpan().LastIndexOf((byte)'/') + 1;
        archive.Begin(Empty([.. path[..name], .. OciNames.WhiteoutPrefix, .. path[name..]]));
    }

    private void Add(byte[] path, Change change)
    {
        AddParents(path);
        if (!_written.Add(Key(path))) return;
        using var place = Open(path, out var name);
        if (place is null || Syscall.StatAt(place.Directory, name, cached: false, out _) == Errno.NOENT) return; // gone since it was listed
        if (change.Reason != ChangeReason.Moved)
        {
            _tree.Add(place.Directory, name, path);
            return;
        }

        // It does not merge with what was here.
        if (change.Kind == ChangeKind.Modified && IsDirectory(place.Directory, name)) archive.Begin(Empty([.. path, (byte)'/', .. OciNames.OpaqueMarker]));
        _tree.WriteName(place.Directory, name, path);
    }

    private void AddParents(byte[] path)
    {
        foreach (var parent in Parents(path))
        {
            if (!_written.Add(Key(parent))) continue;
            using var place = Open(parent, out var name);
            if (place is not null) _tree.Add(place.Directory, name, parent);
        }
    }

    // The directories above, from the top down.
    private static IEnumerable<byte[]> Parents(byte[] path)
    {
        for (var at = 0; at < path.Length; at++) if (path[at] == '/') yield return path[..at];
    }

    private OpenPlace? Open(byte[] path, out byte[] name)
    {
        var at = path.AsSpan().LastIndexOf((byte)'/');
        name = path[(at + 1)..];
        var error = Syscall.OpenAt2(merged, at < 0 ? "."u8 : path.AsSpan(0, at), OpenFlags.ReadOnly | OpenFlags.Directory, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks, out var parent);
        if (error is Errno.NOENT or Errno.NOTDIR or Errno.LOOP) return null;
        return error == Errno.None ? new OpenPlace(new DirFd(parent.Number)) : throw new RefusedException($"cannot open the directory of {EntryPath.Show(path)} for the layer: {error.Describe()}.");
    }

    private static bool IsDirectory(DirFd directory, byte[] name) => Syscall.StatAt(directory, name, cached: false, out var status) == Errno.None && status.IsDirectory;

    private static string Key(byte[] path) => System.Text.Encoding.Latin1.GetString(path);

    private static TarEntry Empty(byte[] name) => new() { Name = name };

    private sealed record OpenPlace(DirFd Directory) : IDisposable
    {
        public void Dispose() => Directory.Close();
    }
}
