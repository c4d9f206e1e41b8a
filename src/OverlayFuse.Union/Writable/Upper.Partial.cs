using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// The mark of partial files, and the map that it names.
internal sealed partial class Upper
{
    /// <summary>How a lower file that is written comes up, and how long its rest may stay below.</summary>
    public required PartialPolicy Partial { get; init; }

    /// <summary>Marks a metacopy as partial: it has blocks of its own from now on, as its map says.</summary>
    public Errno SetPartial(Fd file, ReadOnlySpan<byte> id) => Syscall.SetXattr(file, MarkNames.Partial(Family), id[..PartialMark.Length], XattrFlags.None);

    /// <summary>Reads the mark. NODATA: it is not partial; IO: it cannot be understood.</summary>
    public static Errno ReadPartial(Fd file, Span<byte> id)
    {
        var error = Syscall.GetXattr(file, MarkNames.Partial(MarkFamily.Trusted), id[..PartialMark.Length], out var length);
        if (error is Errno.NODATA or Errno.NOTSUP or Errno.PERM) error = Syscall.GetXattr(file, MarkNames.Partial(MarkFamily.User), id[..PartialMark.Length], out length);
        if (error == Errno.RANGE || (error == Errno.None && length != PartialMark.Length)) error = Errno.IO;
        return error;
    }

    /// <summary>
    /// Removes map and mark of a file that is no longer a metacopy: a daemon that dies between the two, or before the first, leaves something that
    /// means nothing. ACCES: a mark is left.
    /// </summary>
    public Errno DropPartial(Fd file)
    {
        Span<byte> id = stackalloc byte[PartialMark.Length];
        if (ReadPartial(file, id) == Errno.None) work.PartialMaps.Remove(id);
        return RemoveMark(file, MarkSet.Partial);
    }

    /// <summary>Removes the map of a file that is about to be removed itself.</summary>
    public static void DropMapOf(PartialMaps maps, DirFd dir, ReadOnlySpan<byte> name)
    {
        if (Syscall.StatAt(dir, name, cached: false, out var status) != Errno.None || status.Type != FileType.Regular || status.LinkCount > 1) return;
        Span<byte> id = stackalloc byte[PartialMark.Length];
        foreach (var family in (ReadOnlySpan<MarkFamily>)[MarkFamily.Trusted, MarkFamily.User])
        {
            if (Syscall.GetXattrAt(dir, name, MarkNames.Partial(family), id, out var length) == Errno.None && length == PartialMark.Length) maps.Remove(id);
        }
    }
}
