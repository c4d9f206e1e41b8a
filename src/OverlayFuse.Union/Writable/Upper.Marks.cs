using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Marks: the kernel's names and values (README.md, "On disk").
internal sealed partial class Upper
{
    private readonly Lock _linking = new(); // rank 10, takes _widenedLock; the count of an indexed object is read, noted and set in several calls

    private static ReadOnlySpan<byte> SharedWhiteout => "whiteout"u8;

    private byte[]? _fileSystemUuid;

    public MarkFamily Family => features.Marks ?? MarkFamily.User;

    /// <summary>Puts a device where a whiteout of another form stands or belongs, at one stroke: the name is hidden all the while.</summary>
    public Errno PutWhiteoutDevice(DirFd dir, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[WorkNameSize];
        var temp = TempName(buffer);
        var error = Syscall.MknodAt(work.Temp, temp, (uint)FileType.CharDevice, 0, 0);
        if (error == Errno.None) error = Syscall.RenameAt2(work.Temp, temp, dir, name, RenameFlags.None);
        if (error != Errno.None) _ = Syscall.UnlinkAt(work.Temp, temp);
        return error;
    }

    /// <summary>Puts a whiteout where nothing is. In OCI form it stands beside the name (<paramref name="beside"/>).</summary>
    public Errno MakeWhiteout(LayerDirectory parent, DirFd dir, ReadOnlySpan<byte> name, bool beside = true)
    {
        switch (features.Whiteout)
        {
            case WhiteoutForm.Device:
                // One inode serves all whiteouts, as in the kernel, until it has as many links as the file system allows.
                var error = Syscall.LinkAt(work.Temp, SharedWhiteout, dir, name);
                if (error is not (Errno.NOENT or Errno.MLINK)) return error;
                if (error == Errno.MLINK) _ = Syscall.UnlinkAt(work.Temp, SharedWhiteout);
                error = Syscall.MknodAt(dir, name, (uint)FileType.CharDevice, 0, 0);
                if (error == Errno.None) _ = Syscall.LinkAt(dir, name, work.Temp, SharedWhiteout);
                return error;

            case WhiteoutForm.Xattr:
                // The mark on the directory first: without it the file would show as an empty one.
                error = beside ? MarkXattrWhiteouts(parent, dir) : Errno.None;
                if (error != Errno.None) return error;
                Span<byte> buffer = stackalloc byte[WorkNameSize];
                var temp = TempName(buffer);
                error = Syscall.MknodAt(work.Temp, temp, (uint)FileType.Regular, 0, 0);
                if (error == Errno.None) error = Syscall.SetXattrAt(work.Temp, temp, MarkNames.Whiteout(Family), OpaqueMark.Opaque, XattrFlags.None);
                if (error == Errno.None) error = Syscall.RenameAt2(work.Temp, temp, dir, name, RenameFlags.NoReplace);
                if (error != Errno.None) _ = Syscall.UnlinkAt(work.Temp, temp);
                return error;

            default:
                Span<byte> oci = stackalloc byte[OciNames.WhiteoutPrefix.Length + name.Length];
                OciNames.WhiteoutPrefix.CopyTo(oci);
                name.CopyTo(oci[OciNames.WhiteoutPrefix.Length..]);
                error = Syscall.MknodAt(dir, oci, (uint)FileType.Regular | Mode.OwnerReadWrite, 0, 0);
                return error == Errno.EXIST ? Errno.None : error;
        }
    }

    /// <summary>
    /// Removes the OCI whiteout of a name that is made again; nothing to do in the other forms, whose whiteout is replaced. One that
    /// cannot be removed hides only what is below, as before.
    /// </summary>
    public void RemoveOciWhiteout(DirFd dir, ReadOnlySpan<byte> name, bool isDirectory)
    {
        if (features.Whiteout != WhiteoutForm.Oci) return;

        // A directory stays opaque. Where it cannot be marked, the whiteout beside it goes on saying so.
        if (isDirectory && LayerProbe.HasOciWhiteout(dir, name, cached: false) && SetOpaque(dir, name) != Errno.None) return;
        Span<byte> oci = stackalloc byte[OciNames.WhiteoutPrefix.Length + name.Length];
        OciNames.WhiteoutPrefix.CopyTo(oci);
        name.CopyTo(oci[OciNames.WhiteoutPrefix.Length..]);
        _ = Syscall.UnlinkAt(dir, oci);
    }

    /// <summary>Marks a directory opaque, before it becomes visible.</summary>
    public Errno SetOpaque(DirFd dir, ReadOnlySpan<byte> name)
    {
        if (features.Marks is { } family) return Syscall.SetXattrAt(dir, name, MarkNames.Opaque(family), OpaqueMark.Opaque, XattrFlags.None);

        Span<byte> marker = stackalloc byte[name.Length + 1 + OciNames.OpaqueMarker.Length];
        name.CopyTo(marker);
        marker[name.Length] = (byte)'/';
        OciNames.OpaqueMarker.CopyTo(marker[(name.Length + 1)..]);
        var times = Syscall.StatAt(dir, name, cached: false, out var status);
        var error = Syscall.MknodAt(dir, marker, (uint)FileType.Regular | Mode.OwnerReadWrite, 0, 0);
        if (error == Errno.None && times == Errno.None) _ = Syscall.UtimensAt(dir, name, status.AccessTime, status.ModifyTime); // no change of what is in it
        return error == Errno.EXIST ? Errno.None : error;
    }

    /// <summary>Makes a redirected directory one that needs nothing below: opaque first, so that at no time less is shown than before.</summary>
    public Errno MakeOpaque(DirFd dir, ReadOnlySpan<byte> name)
    {
        var error = SetOpaque(dir, name);
        if (error == Errno.None) error = RemoveMarkAt(dir, name, MarkSet.Redirect, MarkFamily.Trusted);
        return error == Errno.None ? RemoveMarkAt(dir, name, MarkSet.Redirect, MarkFamily.User) : error;
    }

    /// <summary>Removes a mark; no error where there is none, or where there cannot be one.</summary>
    public static Errno RemoveMarkAt(DirFd dir, ReadOnlySpan<byte> name, MarkSet mark, MarkFamily family)
    {
        var error = Syscall.RemoveXattrAt(dir, name, MarkNames.Of(mark, family));
        return error is Errno.NODATA or Errno.NOTSUP || (error == Errno.PERM && family == MarkFamily.Trusted) ? Errno.None : error;
    }

    /// <summary>Sets a redirect on a directory or a metacopy. In user.overlay.* the kernel would ignore it, so the fence comes first.</summary>
    public Errno SetRedirect(DirFd dir, ReadOnlySpan<byte> name, ReadOnlySpan<byte> path)
    {
        if (features.Marks is not { } family || path.Length > RedirectMark.MaxLength) return Errno.XDEV;
        var error = FenceUserMarks(family);
        if (error == Errno.None) error = Syscall.SetXattrAt(dir, name, MarkNames.Redirect(family), path, XattrFlags.None);
        if (error == Errno.None) RememberMarks(dir, name);
        return error;
    }

    public Errno SetMetacopy(Fd file)
    {
        var error = FenceUserMarks(Family);
        if (error == Errno.None) error = Syscall.SetXattr(file, MarkNames.Metacopy(Family), MetacopyMark.Plain, XattrFlags.None);
        if (error == Errno.None) RememberMarks(file);
        return error;
    }

    /// <summary>Makes a metacopy a plain file: the commit point of a data copy-up. The redirect means nothing without it and goes after.</summary>
    public Errno ClearMetacopy(Fd file)
    {
        var error = RemoveMark(file, MarkSet.Metacopy);
        if (error != Errno.None && !IsMetacopy(file)) error = Errno.None; // it was of the other family
        if (error == Errno.None) _ = RemoveMark(file, MarkSet.Redirect);
        if (error == Errno.None) ForgetMarks(file);
        return error;
    }

    /// <summary>Whether the bytes of a file may still count for nothing, because it is marked as metacopy. A mark that cannot be read may be there.</summary>
    public static bool IsMetacopy(Fd file) =>
        Syscall.GetXattr(file, MarkNames.Metacopy(MarkFamily.Trusted), [], out _) is not (Errno.NODATA or Errno.NOTSUP)
        || Syscall.GetXattr(file, MarkNames.Metacopy(MarkFamily.User), [], out _) is not (Errno.NODATA or Errno.NOTSUP);

    /// <summary>
    /// Says where a copy came from, in the kernel's form: the lower object's file handle, or nothing where it has none. Kernel
    /// overlayfs then shows the lower inode number; we keep our own record (<see cref="Origins"/>). Losing the mark loses no data.
    /// </summary>
    public void SetOrigin(DirFd dir, ReadOnlySpan<byte> name, LayerDirectory lower, ReadOnlySpan<byte> lowerName)
    {
        if (features.Marks is not { } family) return;
        Span<byte> value = stackalloc byte[OriginMark.MaxLength];
        Span<byte> handle = stackalloc byte[Syscall.MaxHandleLength];
        var length = 0;
        if (lower.Layer.Device == layer.Device && lower.Enter(out var lowerDir) == Errno.None)
        {
            if (Syscall.NameToHandleAt(lowerDir, lowerName, handle, out var type, out var handleLength) == Errno.None && type < 256)
                length = OriginMark.Format(value, FileSystemUuid(), (byte)type, handle[..handleLength]);
            lower.Leave();
        }
        _ = Syscall.SetXattrAt(dir, name, MarkNames.Origin(family), value[..length], XattrFlags.None);
    }

    /// <summary>Marks a directory as holding copies, so that the kernel repairs inode numbers in its listings.</summary>
    public void SetImpure(UnionDirectory directory, DirFd dir)
    {
        if (directory.IsImpure || features.Marks is not { } family) return;
        directory.IsImpure = true;
        _ = Syscall.SetXattrAt(dir, "."u8, MarkNames.Impure(family), OpaqueMark.Opaque, XattrFlags.None);
    }

    /// <summary>Sets the difference between the union's link count and the upper inode's own (nlink mark, "U+n").</summary>
    public Errno SetNlink(DirFd dir, ReadOnlySpan<byte> name, int difference) => LinkCount.Write(dir, name, Family, difference);

    public int NlinkDifference(DirFd dir, ReadOnlySpan<byte> name) => LinkCount.Read(dir, name, Family);

    /// <summary>How many names the union has of a copy in the index. While one of them gets its link, the inode and its mark do not agree.</summary>
    /// <param name="linkCount">Of the inode, taken before: for one that is gone by now.</param>
    public uint NamesOfIndexed(DirFd dir, ReadOnlySpan<byte> name, uint linkCount)
    {
        lock (_linking)
        {
            if (Syscall.StatAt(dir, name, cached: false, out var status) == Errno.None) linkCount = status.LinkCount;
            return (uint)Math.Max(0, (int)linkCount + NlinkDifference(dir, name));
        }
    }

    /// <summary>Gives a name that is only found through the index its link in the upper, where nothing is yet. The union does not count another name.</summary>
    /// <param name="number">The inode number that the union shows.</param>
    /// <param name="widened">The node, when its mode may be widened for the mark that counts: the caller holds its gate then. Else 0.</param>
    public Errno LinkFromIndex(ulong number, DirFd dir, ReadOnlySpan<byte> name, int widened = 0)
    {
        lock (_linking) return LinkAndCount(Tree.IndexLayer(number), Tree.IndexInode(number), dir, name, widened);
    }

    private Errno LinkAndCount(int layerNumber, ulong inode, DirFd dir, ReadOnlySpan<byte> name, int widened)
    {
        Span<byte> buffer = stackalloc byte[LinkIndex.NameSize];
        var index = buffer[..LinkIndex.NameOf(layerNumber, inode, buffer)];
        var error = Syscall.StatAt(work.Links, index, cached: false, out var status);
        if (error != Errno.None) return error;
        var difference = NlinkDifference(work.Links, index);
        error = work.LinkIndex.Begin(layerNumber, inode, (int)status.LinkCount + difference, difference);
        if (error != Errno.None) return error;

        error = Syscall.LinkAt(work.Links, index, dir, name);
        if (error == Errno.None)
        {
            error = SetNlink(work.Links, index, difference - 1);
            if (error == Errno.ACCES && widened != 0) error = WidenAt(widened, new Place(work.Links, index, isUpper: true), place => SetNlink(place.Dir, place.Name, difference - 1));
            if (error != Errno.None) _ = Syscall.UnlinkAt(dir, name);
        }
        work.LinkIndex.End(layerNumber, inode);
        return error;
    }

    private static Errno RemoveMark(Fd file, MarkSet mark)
    {
        var result = Errno.None;
        foreach (var family in (ReadOnlySpan<MarkFamily>)[MarkFamily.Trusted, MarkFamily.User])
        {
            var error = Syscall.RemoveXattr(file, MarkNames.Of(mark, family));
            if (error is not (Errno.None or Errno.NODATA or Errno.NOTSUP) && !(error == Errno.PERM && family == MarkFamily.Trusted)) result = error;
        }
        return result;
    }

    /// <summary>Has a directory say that zero-size files in it may be whiteouts, before the first one is put there; an opaque one needs none.</summary>
    public Errno MarkXattrWhiteouts(LayerDirectory parent, DirFd dir)
    {
        if (features.Whiteout != WhiteoutForm.Xattr) return Errno.None;
        parent.HasXattrWhiteouts = true;
        var error = Syscall.SetXattrAt(dir, "."u8, MarkNames.Opaque(Family), OpaqueMark.HasXattrWhiteouts, XattrFlags.Create);
        return error == Errno.EXIST ? Errno.None : error;
    }

    private byte[] FileSystemUuid()
    {
        if (_fileSystemUuid is { } known) return known;
        var uuid = new byte[16];
        if (layer.Root.Enter(out var dir) == Errno.None)
        {
            if (Syscall.OpenAt(dir, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd) == Errno.None)
            {
                _ = Syscall.GetFileSystemUuid(fd, uuid);
                fd.Close();
            }
            layer.Root.Leave();
        }
        return _fileSystemUuid = uuid;
    }
}
