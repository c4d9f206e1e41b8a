using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Kernel overlayfs (index=on) keeps one more link to the copy of a lower file with several names too: WORKDIR/index/HEX, named by the
// origin mark of the copy. Names that were not copied up are found by that, so such a copy has to be in our index as well.
internal sealed partial class Upper
{
    private const int HexSize = OriginMark.MaxLength * 2;

    private static ReadOnlySpan<byte> HexDigits => "0123456789abcdef"u8;

    /// <summary>Takes the copy of a lower file that kernel overlayfs has in its index over into ours. Nothing to do where there is none.</summary>
    /// <param name="inode">The number of the lower file in the union.</param>
    public void TakeOverLink(LayerDirectory lower, ReadOnlySpan<byte> name, in FileStatus lowerStatus, ulong inode)
    {
        if (!MayTakeOver(inode) || lower.Layer.Device != layer.Device || lower.Enter(out var dir) != Errno.None) return;
        Span<byte> mark = stackalloc byte[OriginMark.MaxLength];
        Span<byte> handle = stackalloc byte[Syscall.MaxHandleLength];
        var length = 0;
        if (Syscall.NameToHandleAt(dir, name, handle, out var type, out var handleLength) == Errno.None && type < 256)
            length = OriginMark.Format(mark, FileSystemUuid(), (byte)type, handle[..handleLength]);
        lower.Leave();
        if (length > 0) TakeOverLink(mark[..length], lowerStatus.Type, lowerStatus.LinkCount, inode);
    }

    /// <summary>As above, from one of the names that the copy has: its origin mark is at hand.</summary>
    public void TakeOverLink(ReadOnlySpan<byte> origin, FileType type, uint lowerLinks, ulong inode)
    {
        if (!MayTakeOver(inode)) return;
        var hex = NameOf(origin, stackalloc byte[HexSize]);
        lock (_linking)
        {
            if (MayTakeOver(inode)) AddAndCount(hex, type, lowerLinks, Tree.IndexLayer(inode), Tree.IndexInode(inode));
        }
    }

    /// <summary>Whether kernel overlayfs has the copy of the file with this origin mark in its index.</summary>
    public bool IsInKernelIndex(ReadOnlySpan<byte> origin) =>
        work.KernelIndex.IsOpen && Syscall.StatAt(work.KernelIndex, NameOf(origin, stackalloc byte[HexSize]), cached: false, out _) == Errno.None;

    /// <summary>Takes a copy that the union has no name of any more out of the kernel's index, as the kernel does: its bytes would stay for nobody.</summary>
    public void DropFromKernelIndex(DirFd dir, ReadOnlySpan<byte> name, ulong inode)
    {
        Span<byte> origin = stackalloc byte[OriginMark.MaxLength];
        if (!work.KernelIndex.IsOpen || Syscall.GetXattrAt(dir, name, MarkNames.Origin(Family), origin, out var length) != Errno.None) return;
        var hex = NameOf(origin[..length], stackalloc byte[HexSize]);
        if (Syscall.StatAt(work.KernelIndex, hex, cached: false, out var status) == Errno.None && status.Inode == inode) _ = Syscall.UnlinkAt(work.KernelIndex, hex);
    }

    private static ReadOnlySpan<byte> NameOf(ReadOnlySpan<byte> origin, Span<byte> buffer)
    {
        for (var i = 0; i < origin.Length; i++)
        {
            buffer[2 * i] = HexDigits[origin[i] >> 4];
            buffer[2 * i + 1] = HexDigits[origin[i] & 15];
        }
        return buffer[..(2 * origin.Length)];
    }

    // Ours is one more link that is not a name of the union. The note first: whatever happens in between, the next mount sets the mark right.
    private void AddAndCount(ReadOnlySpan<byte> hex, FileType type, uint lowerLinks, int layerNumber, ulong inode)
    {
        if (Syscall.StatAt(work.KernelIndex, hex, cached: false, out var status) != Errno.None || status.Type != type || status.IsWhiteoutDevice) return;
        Span<byte> value = stackalloc byte[NlinkMark.MaxLength];
        var names = status.LinkCount;
        if (Syscall.GetXattrAt(work.KernelIndex, hex, MarkNames.Nlink(Family), value, out var length) == Errno.None
            && NlinkMark.TryParse(value[..length], out var counted) && counted.TryResolve(status.LinkCount, lowerLinks, out var resolved)) names = resolved;
        if (work.LinkIndex.Begin(layerNumber, inode, (int)names, NlinkDifference(work.KernelIndex, hex)) != Errno.None) return;

        if (work.LinkIndex.Add(layerNumber, inode, work.KernelIndex, hex) == Errno.None
            && SetNlink(work.KernelIndex, hex, (int)names - (int)status.LinkCount - 1) != Errno.None) _ = work.LinkIndex.Remove(layerNumber, inode);
        work.LinkIndex.End(layerNumber, inode);
    }

    private bool MayTakeOver(ulong inode) => work.KernelIndex.IsOpen && !work.LinkIndex.Contains(Tree.IndexLayer(inode), Tree.IndexInode(inode));
}
