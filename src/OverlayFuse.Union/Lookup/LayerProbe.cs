using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Asks one layer about one name: the I/O behind <see cref="Lookup.Judge"/>.</summary>
internal static class LayerProbe
{
    /// <summary>
    /// What <paramref name="directory"/> has under <paramref name="name"/>. With <paramref name="isLast"/> nothing lies below,
    /// so marks that only hide lower names are not looked for.
    /// </summary>
    /// <returns>ENOENT never (that is <see cref="EntryKind.Absent"/>); IO for a mark that cannot be understood.</returns>
    public static Errno Ask(LayerDirectory directory, ReadOnlySpan<byte> name, bool isLast, out LayerEntry entry)
    {
        entry = default;
        if (IsOwnMountPoint(directory, name))
        {
            entry = CoveredDirectory();
            return Errno.None;
        }

        var error = directory.Enter(out var dir);
        if (error != Errno.None) return error;
        try
        {
            return Ask(directory, dir, name, isLast, ref entry);
        }
        finally
        {
            directory.Leave();
        }
    }

    private static Errno Ask(LayerDirectory directory, DirFd dir, ReadOnlySpan<byte> name, bool isLast, ref LayerEntry entry)
    {
        var error = Syscall.StatAt(dir, name, cached: !directory.Layer.IsUpper, out entry.Status);
        if (error is Errno.NOENT or Errno.NAMETOOLONG)
        {
            if (!isLast && HasOciWhiteout(directory, dir, name)) entry.Kind = EntryKind.Whiteout;
            return Errno.None;
        }
        if (error != Errno.None) return error;

        entry.IsCovered = entry.Status.IsMountRoot || directory.Layer.Covered?.Contains((entry.Status.Device, entry.Status.Inode)) == true;
        entry.Kind = entry.Status.IsDirectory ? EntryKind.Directory : EntryKind.File;
        if (entry.Status.IsWhiteoutDevice && !entry.IsCovered) entry.Kind = EntryKind.Whiteout;
        if (entry.IsCovered || entry.Kind == EntryKind.Whiteout) return Errno.None;
        error = Overrides.Show(directory.Layer.Overrides, dir, name, ref entry.Status);
        if (error != Errno.None) return error;

        if (NeedsMarks(directory, entry))
        {
            error = FoundMarks.Read(dir, name, out entry.Marks);
            if (error != Errno.None) return error;
        }
        if (entry.Kind == EntryKind.Directory) return ReadOpaque(directory, dir, name, isLast, ref entry);

        var isXattrWhiteout = directory.HasXattrWhiteouts && entry.Status is { Type: FileType.Regular, Size: 0 } && entry.Marks.Has(MarkSet.Whiteout);
        if (isXattrWhiteout) entry.Kind = EntryKind.Whiteout;
        return Errno.None;
    }

    // Directories may be opaque or redirected, upper files may be metacopies or have an origin, which of other upper objects is asked where they have
    // several names. Of lower files only those are asked that can be a metacopy by their looks (fewer blocks than bytes) or a whiteout; the others are
    // asked when they are opened.
    private static bool NeedsMarks(LayerDirectory directory, in LayerEntry entry) =>
        entry.Kind == EntryKind.Directory
        || (directory.Layer.IsUpper && entry.Status.LinkCount > 1)
        || (entry.Status.Type == FileType.Regular
            && (directory.Layer.IsUpper
                || (directory.HasXattrWhiteouts && entry.Status.Size == 0)
                || entry.Status.Blocks * 512 < entry.Status.Size));

    private static Errno ReadOpaque(LayerDirectory directory, DirFd dir, ReadOnlySpan<byte> name, bool isLast, ref LayerEntry entry)
    {
        if (entry.Marks.FuseOverlayFsOpaque) entry.IsOpaque = true;
        if (entry.Marks.Has(MarkSet.Opaque))
        {
            Span<byte> value = stackalloc byte[8];
            var error = Syscall.GetXattrAt(dir, name, MarkNames.Opaque(entry.Marks.FamilyOf(MarkSet.Opaque)), value, out var length);

            // An ordinary user's daemon may not read the marks of an own directory that is closed to reading; the mark itself says "y".
            var kind = error switch
            {
                Errno.None => OpaqueMark.Parse(value[..length]),
                Errno.ACCES => OpaqueKind.Opaque,
                _ => OpaqueKind.Broken,
            };
            if (kind == OpaqueKind.Broken) return Errno.IO;
            entry.IsOpaque |= kind == OpaqueKind.Opaque;
            entry.HasXattrWhiteouts = kind == OpaqueKind.HasXattrWhiteouts;
        }

        // A whiteout beside a directory of the same name hides what is below, so the two do not merge. A directory with a redirect looks
        // under another name, which no whiteout of its own name hides.
        if (!entry.IsOpaque && !isLast) entry.IsOpaque = HasOciOpaqueMarker(dir, name) || (!entry.Marks.Has(MarkSet.Redirect) && HasOciWhiteout(directory, dir, name));
        return Errno.None;
    }

    private static bool IsOwnMountPoint(LayerDirectory directory, ReadOnlySpan<byte> name) =>
        directory.Layer.OwnMountPoint is { } own && own.Inode == directory.Inode && own.Device == directory.Device && name.SequenceEqual(own.Name);

    private static LayerEntry CoveredDirectory() => new()
    {
        Kind = EntryKind.Directory,
        IsCovered = true,
        Status = new FileStatus { Mode = (uint)FileType.Directory | Linux.Mode.OwnerAllOthersReadExecute, LinkCount = 2, BlockSize = 4096 },
    };

    /// <summary>Whether a file .wh.NAME stands beside a name.</summary>
    public static bool HasOciWhiteout(DirFd dir, ReadOnlySpan<byte> name, bool cached)
    {
        Span<byte> whiteout = stackalloc byte[OciNames.WhiteoutPrefix.Length + name.Length];
        OciNames.WhiteoutPrefix.CopyTo(whiteout);
        name.CopyTo(whiteout[OciNames.WhiteoutPrefix.Length..]);
        return Syscall.StatAt(dir, whiteout, cached, out _) == Errno.None;
    }

    private static bool HasOciWhiteout(LayerDirectory directory, DirFd dir, ReadOnlySpan<byte> name) =>
        directory.MayHaveOciWhiteouts(dir) && HasOciWhiteout(dir, name, cached: !directory.Layer.IsUpper);

    private static bool HasOciOpaqueMarker(DirFd dir, ReadOnlySpan<byte> name)
    {
        Span<byte> marker = stackalloc byte[name.Length + 1 + OciNames.OpaqueMarker.Length];
        name.CopyTo(marker);
        marker[name.Length] = (byte)'/';
        OciNames.OpaqueMarker.CopyTo(marker[(name.Length + 1)..]);
        return Syscall.StatAt(dir, marker, cached: true, out _) == Errno.None;
    }
}
