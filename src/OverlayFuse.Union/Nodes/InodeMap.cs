using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Which st_ino the union shows for an object of a layer: the same before and after copy-up, in stat and in listings.</summary>
internal sealed class InodeMap(InodeNumbers numbers, Origins? origins)
{
    public ulong NumberOf(Layer layer, ulong inode)
    {
        if (layer.IsUpper && origins is not null && origins.TryGet(inode, out var number)) return number;
        return Own(layer, inode);
    }

    /// <summary>As above, for an upper object whose status is at hand: a record of an inode number that was used again is dropped.</summary>
    public ulong NumberOf(Layer layer, in FileStatus status)
    {
        if (layer.IsUpper && origins is not null && origins.TryGet(status.Inode, out var number))
        {
            if (!status.HasBirthTime || origins.Matches(status.Inode, status.BirthTime)) return number;
            origins.Remove(status.Inode);
        }
        return Own(layer, status.Inode);
    }

    public bool HasOrigin(ulong upperInode) => origins is not null && origins.TryGet(upperInode, out _);

    /// <summary>From now on the upper object shows the number of what it was copied from.</summary>
    public Errno CopiedUp(in FileStatus upper, ulong number) => origins?.Add(upper.Inode, upper.BirthTime, number) ?? Errno.None;

    private ulong Own(Layer layer, ulong inode)
    {
        if (InodeNumber.TryPack(layer.Number, inode, out var number)) return number;
        return numbers.Find(layer.Number, inode, out number) == Errno.None ? number : inode;
    }
}
