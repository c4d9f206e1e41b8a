using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Image;

/// <summary>
/// The whiteouts and opaque directories of an archive, made when everything else is there: they hide what is in lower layers, never
/// an entry of their own layer, whatever the order.
/// </summary>
internal sealed class LayerMarks(LayerParents parents)
{
    private const int MaxWhiteouts = 1 << 20;

    private readonly List<List<byte[]>> _whiteouts = [];
    private readonly List<List<byte[]>> _opaque = [];

    /// <summary>Takes an entry that is a mark. False: it is an ordinary one.</summary>
    public bool Take(List<byte[]> path)
    {
        var directory = path[..^1];
        switch (OciNames.Classify(path[^1]))
        {
            case OciNameKind.Ordinary: return false;
            case OciNameKind.Invalid: throw new InvalidDataException($"it holds {EntryPath.Show(EntryPath.Join(path))}, a whiteout of nothing");
            case OciNameKind.OpaqueMarker: Add(_opaque, directory); break;
            case OciNameKind.Whiteout: Add(_whiteouts, [.. directory, path[^1][OciNames.WhiteoutPrefix.Length..]]); break;
        }
        return true;
    }

    public void Hide(List<byte[]> path) => Add(_whiteouts, path);

    /// <summary>Makes them all.</summary>
    public void Carry()
    {
        foreach (var directory in _opaque) SetOpaque(parents.Open(directory), EntryPath.Join(directory));
        foreach (var path in _whiteouts) MakeWhiteout(path);
    }

    private static void Add(List<List<byte[]>> marks, List<byte[]> path)
    {
        if (marks.Count == MaxWhiteouts) throw new InvalidDataException($"it holds more than {MaxWhiteouts} whiteouts");
        marks.Add(path);
    }

    private void MakeWhiteout(List<byte[]> path)
    {
        var directory = parents.Open(path[..^1]);
        var name = path[^1];
        var error = Syscall.MknodAt(directory, name, (uint)FileType.CharDevice, 0, 0);
        if (error == Errno.EXIST)
        {
            // The layer has the name itself: only a directory would show what is below.
            if (Syscall.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var own) != Errno.None) return;
            SetOpaque(new DirFd(own.Number), EntryPath.Join(path));
            own.Close();
            return;
        }

        // Where devices cannot be made, the union reads the form of the archive as well.
        if (error == Errno.PERM) error = Touch(directory, [.. OciNames.WhiteoutPrefix, .. name]);
        if (error != Errno.None) throw new RefusedException($"cannot make the whiteout of {EntryPath.Show(EntryPath.Join(path))}: {error.Describe()}.");
    }

    private static void SetOpaque(DirFd directory, byte[] path)
    {
        var error = Syscall.SetXattr(directory.Fd, MarkNames.Opaque(MarkFamily.Trusted), OpaqueMark.Opaque, XattrFlags.None);
        if (error == Errno.PERM) error = Syscall.SetXattr(directory.Fd, MarkNames.Opaque(MarkFamily.User), OpaqueMark.Opaque, XattrFlags.None);
        if (error is Errno.PERM or Errno.NOTSUP) error = Touch(directory, OciNames.OpaqueMarker);
        if (error != Errno.None) throw new RefusedException($"cannot make {EntryPath.Show(path)} opaque: {error.Describe()}.");
    }

    private static Errno Touch(DirFd directory, ReadOnlySpan<byte> name)
    {
        var error = Syscall.OpenAt(directory, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.NoFollow, 0, out var file);
        file.Close();
        return error;
    }
}
