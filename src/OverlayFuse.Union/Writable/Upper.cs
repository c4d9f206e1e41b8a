using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The writable side: the upper layer, its work directory, and the marks that are set in it.</summary>
internal sealed partial class Upper(Layer layer, WorkDirectory work, UpperFeatures features, Credentials credentials, Durability durability) : IDisposable
{
    private bool _isDisposed;

    public Layer Layer => layer;

    public WorkDirectory Work => work;

    public UpperFeatures Features => features;

    public Credentials Credentials => credentials;

    /// <summary>chown(2). That an owner is not ours to give is not an error where nobody will see it.</summary>
    public Errno Chown(DirFd dir, ReadOnlySpan<byte> name, uint uid, uint gid)
    {
        var error = Syscall.ChownAt(dir, name, uid, gid);
        return error is Errno.PERM or Errno.INVAL && credentials.MayLoseOwners ? Errno.None : error;
    }

    /// <summary>What is written to it.</summary>
    public WriteCounters Counters => work.PartialMaps.Counters;

    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        LowerNeedlessFence();
        work.Dispose();
    }

    /// <summary>Room for <see cref="OrphanName"/>, 16 hexadecimal digits, and for <see cref="TempName"/>: "#" and 15, which the counter of one mount never fills.</summary>
    public const int WorkNameSize = 16;

    /// <summary>The name of a node in the orphans directory.</summary>
    public static ReadOnlySpan<byte> OrphanName(ulong nodeId, Span<byte> buffer)
    {
        Utf8Formatter.TryFormat(nodeId, buffer, out var length, 'x');
        return buffer[..length];
    }

    /// <summary>
    /// Takes a name out of the upper in one step; the object lives on as orphan of its node until the kernel forgets it. With
    /// <paramref name="leaveWhiteout"/> a whiteout takes its place.
    /// </summary>
    public Errno Bury(LayerDirectory parent, DirFd dir, ReadOnlySpan<byte> name, int slot, ulong nodeId, bool leaveWhiteout)
    {
        Span<byte> buffer = stackalloc byte[WorkNameSize];
        var orphan = OrphanName(nodeId, buffer);
        if (!leaveWhiteout) return Rename(slot, parent, dir, name, work.Orphans, orphan, RenameFlags.None);
        if (features is { RenameWhiteout: true, Whiteout: WhiteoutForm.Device }) return Rename(slot, parent, dir, name, work.Orphans, orphan, RenameFlags.Whiteout);

        if (features.Whiteout == WhiteoutForm.Oci)
        {
            // The whiteout comes first: between the steps the name is hidden, never the lower object shown.
            var made = MakeWhiteout(parent, dir, name, beside: true);
            return made != Errno.None ? made : Rename(slot, parent, dir, name, work.Orphans, orphan, RenameFlags.None);
        }
        var error = MakeWhiteout(parent, work.Orphans, orphan, beside: false);
        if (error != Errno.None) return error;
        error = MarkXattrWhiteouts(parent, dir);
        if (error == Errno.None) error = Rename(slot, parent, dir, name, work.Orphans, orphan, RenameFlags.Exchange);
        if (error != Errno.None) _ = Syscall.UnlinkAt(work.Orphans, orphan);
        return error;
    }

    /// <summary>renameat2(2) out of an upper directory, of a directory that its owner may not write too.</summary>
    public Errno Rename(int slot, LayerDirectory parent, DirFd dir, ReadOnlySpan<byte> name, DirFd to, ReadOnlySpan<byte> newName, RenameFlags flags)
    {
        var error = Syscall.RenameAt2(dir, name, to, newName, flags);
        return error == Errno.ACCES ? MoveWidened(slot, dir, name, to, newName, flags, parent.PathFromRoot(name)) : error;
    }

    /// <summary>
    /// Removes what <see cref="Bury"/> kept: a file, or a directory with nothing but whiteouts in it. A copy's inode number may be
    /// used again, so the record of its origin goes with its last link.
    /// </summary>
    public void DropOrphan(ulong nodeId, bool isCopy, bool isPartial)
    {
        Span<byte> buffer = stackalloc byte[WorkNameSize];
        var name = OrphanName(nodeId, buffer);
        FileStatus status = default;
        isCopy = isCopy && Syscall.StatAt(work.Orphans, name, cached: false, out status) == Errno.None && (status.IsDirectory || status.LinkCount == 1);
        if (isPartial) DropMapOf(work.PartialMaps, work.Orphans, name);
        ForgetMarks(work.Orphans, name);

        // The record first: once the object is gone its inode number may be another copy's, and the record that copy's.
        if (isCopy) _ = work.Origins.Remove(status.Inode);
        RemoveTree(work.Orphans, name);
    }

    /// <summary>Removes a name of the work directory, and the whiteouts beneath it when it is a directory.</summary>
    public static void RemoveTree(DirFd dir, ReadOnlySpan<byte> name)
    {
        var error = Syscall.UnlinkAt(dir, name);
        if (error is not (Errno.ISDIR or Errno.PERM)) return;
        if (Syscall.RmdirAt(dir, name) != Errno.NOTEMPTY) return;
        _ = Syscall.ChmodAt(dir, name, OwnDirectory.Private); // its last owner may have shut it

        // Directories that are taken apart hold whiteouts only: the union was empty. Anything else is left where it is.
        if (Syscall.OpenAt(dir, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var fd) != Errno.None) return;
        var names = new List<byte[]>();
        _ = DirectoryNames.Read(new DirFd(fd.Number), names);
        foreach (var child in names)
        {
            if (IsWhiteout(new DirFd(fd.Number), child)) _ = Syscall.UnlinkAt(new DirFd(fd.Number), child);
        }
        fd.Close();
        _ = Syscall.RmdirAt(dir, name);
    }

    private static bool IsWhiteout(DirFd dir, ReadOnlySpan<byte> name) =>
        OciNames.Classify(name) != OciNameKind.Ordinary
        || (Syscall.StatAt(dir, name, cached: false, out var status) == Errno.None
            && (status.IsWhiteoutDevice
                || (status is { Type: FileType.Regular, Size: 0 } && FoundMarks.Read(dir, name, out var marks) == Errno.None && marks.Has(MarkSet.Whiteout))));

    /// <summary>A fresh name in the temporary directory.</summary>
    public ReadOnlySpan<byte> TempName(Span<byte> buffer)
    {
        work.NextTempName(buffer, out var length);
        return buffer[..length];
    }
}
