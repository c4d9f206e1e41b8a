using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// The mark of partial files, and the map that it names.
internal sealed partial class Upper
{
    /// <summary>How a lower file that is written comes up, and how long its rest may stay below.</summary>
    public required PartialPolicy Partial { get; init; }

    /// <summary>Marks a metacopy as partial: it has blocks of its own from now on, as its map says.</summary>
    public Errno SetPartial(Fd file, in PartialMark mark) =>
        Syscall.SetXattr(file, MarkNames.Partial(Family), mark.Write(stackalloc byte[PartialMark.YoungLength]), XattrFlags.None);

    /// <summary>Reads the mark. NODATA: it is not partial; IO: it cannot be understood.</summary>
    public static Errno ReadPartial(Fd file, out PartialMark mark)
    {
        Span<byte> value = stackalloc byte[PartialMark.YoungLength];
        var error = Syscall.GetXattr(file, MarkNames.Partial(MarkFamily.Trusted), value, out var length);
        if (error is Errno.NODATA or Errno.NOTSUP or Errno.PERM) error = Syscall.GetXattr(file, MarkNames.Partial(MarkFamily.User), value, out length);
        if (!PartialMark.TryRead(error == Errno.None ? value[..length] : [], out mark) && error is Errno.None or Errno.RANGE) error = Errno.IO;
        return error;
    }

    /// <summary>
    /// Has a young mark say that its map is on disk for good. Where that fails it stays young, which costs nothing but that a map which somebody
    /// takes away is taken for one that was lost with the power.
    /// </summary>
    public static void GrowPartial(Fd file, in PartialMark mark)
    {
        var value = mark.Grown.Write(stackalloc byte[PartialMark.YoungLength]);
        foreach (var family in (ReadOnlySpan<MarkFamily>)[MarkFamily.Trusted, MarkFamily.User])
        {
            if (Syscall.SetXattr(file, MarkNames.Partial(family), value, XattrFlags.Replace) == Errno.None) return; // no other: it may have been taken off meanwhile
        }
    }

    /// <summary>
    /// Removes map and mark of a file that is no longer a metacopy: a daemon that dies between the two, or before the first, leaves something that
    /// means nothing. ACCES: a mark is left.
    /// </summary>
    public Errno DropPartial(Fd file)
    {
        if (ReadPartial(file, out var mark) == Errno.None) work.PartialMaps.Remove(mark);
        return RemoveMark(file, MarkSet.Partial);
    }

    /// <summary>Removes the map of a file that is about to be removed itself.</summary>
    public static void DropMapOf(PartialMaps maps, DirFd dir, ReadOnlySpan<byte> name)
    {
        if (Syscall.StatAt(dir, name, cached: false, out var status) != Errno.None || status.Type != FileType.Regular || status.LinkCount > 1) return;
        Span<byte> value = stackalloc byte[PartialMark.YoungLength];
        foreach (var family in (ReadOnlySpan<MarkFamily>)[MarkFamily.Trusted, MarkFamily.User])
        {
            if (Syscall.GetXattrAt(dir, name, MarkNames.Partial(family), value, out var length) == Errno.None && PartialMark.TryRead(value[..length], out var mark)) maps.Remove(mark);
        }
    }
}
