using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The lower files with several names on the file system of the upper, by their file handles. A copy that kernel overlayfs gave one more name
/// says by the handle alone which of them it is: no lower layer has it under that name.
/// </summary>
internal sealed class LowerLinks(UnionDirectory root, Search search, InodeMap inodes, ulong device)
{
    private readonly Lock _lock = new(); // rank 7; protects _numbers, which are read from the whole of the lower layers when the first is wanted
    private Dictionary<string, (ulong Inode, uint Links)>? _numbers;

    /// <summary>The number that the union shows for the file, and its link count.</summary>
    public bool TryFind(ReadOnlySpan<byte> handle, out (ulong Inode, uint Links) file)
    {
        lock (_lock) return (_numbers ??= Read()).TryGetValue(Convert.ToHexString(handle), out file);
    }

    // What cannot be read is not known, and shows a number of its own.
    private Dictionary<string, (ulong, uint)> Read()
    {
        var numbers = new Dictionary<string, (ulong, uint)>();
        _ = UnionWalk.Run(new UnionDirectory(null, root.Lowers), [], search, inodes, (path, directory, listing, i) =>
        {
            var member = directory.Lowers[listing.Member(i)];
            if (listing.Type(i) == FileType.Directory || member.Layer.Device != device || member.Enter(out var dir) != Errno.None) return;
            Span<byte> handle = stackalloc byte[Syscall.MaxHandleLength];
            if (Syscall.StatAt(dir, listing.Name(i), cached: true, out var status) == Errno.None && status.LinkCount > 1 && status.Device == device
                && Syscall.NameToHandleAt(dir, listing.Name(i), handle, out _, out var length) == Errno.None)
                numbers.TryAdd(Convert.ToHexString(handle[..length]), (listing.Inode(i), status.LinkCount));
            member.Leave();
        });
        return numbers;
    }
}
