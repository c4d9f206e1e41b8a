using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Which st_ino the union shows for an object of a layer: the same before and after copy-up, in stat and in listings.</summary>
internal sealed class InodeMap(InodeNumbers numbers, Origins? origins)
{
    /// <summary>Of a name in a directory, and of the root of a layer, by the inode number that it is listed with.</summary>
    public ulong NumberOf(LayerDirectory directory, ulong inode)
    {
        if (directory.Layer.IsUpper && !IsForeign(directory.Layer, directory.Device) && origins is not null && origins.TryGet(inode, out var number)) return number;
        return Own(directory.Layer, directory.Device, inode);
    }

    /// <summary>As above, for an upper object whose status is at hand: a record of an inode number that was used again is dropped.</summary>
    public ulong NumberOf(Layer layer, in FileStatus status)
    {
        if (layer.IsUpper && !IsForeign(layer, status.Device) && origins is not null && origins.TryGet(status.Inode, out var number))
        {
            if (!status.HasBirthTime || origins.Matches(status.Inode, status.BirthTime)) return number;
            origins.Remove(status.Inode);
        }
        return Own(layer, status.Device, status.Inode);
    }

    /// <summary>
    /// Of one name of a lower file that has several and is none of the layer's own device. What such a device is, is not known at the next mount, so
    /// its files are not kept together in the index: each name is a file of its own, and shows so.
    /// </summary>
    public ulong NumberOfName(LayerDirectory directory, ReadOnlySpan<byte> name, in FileStatus status) =>
        Foreign(new ForeignInode(directory.Layer.Number, status.Device, status.Inode, directory.Device, directory.Inode, NameHash.Of(name)));

    /// <summary>Whether an object of a layer is on a device of its own, on which the same inode number may be another object's.</summary>
    public static bool IsForeign(Layer layer, ulong device) => device != layer.Device && device != layer.DeviceOfFiles;

    public bool HasOrigin(ulong upperInode) => origins is not null && origins.TryGet(upperInode, out _);

    /// <summary>From now on the upper object shows the number of what it was copied from.</summary>
    public Errno CopiedUp(in FileStatus upper, ulong number) => origins?.Add(upper.Inode, upper.BirthTime, number) ?? Errno.None;

    /// <summary>
    /// Of an upper object that another program copied up: what one of its names gave first is shown for all of them. The number of its
    /// origin goes on to be shown at the next mount.
    /// </summary>
    public Errno Keep(in FileStatus upper, bool isOrigin, ref ulong number) => origins?.Keep(upper.Inode, upper.BirthTime, isOrigin, ref number) ?? Errno.None;

    private ulong Own(Layer layer, ulong device, ulong inode)
    {
        if (IsForeign(layer, device)) return Foreign(new ForeignInode(layer.Number, device, inode));
        if (InodeNumber.TryPack(layer.Number, inode, out var number)) return number;
        return numbers.Find(layer.Number, inode, out number) == Errno.None ? number : inode;
    }

    private ulong Foreign(in ForeignInode inode) => numbers.FindElsewhere(inode, out var number) == Errno.None ? number : inode.Inode;
}
