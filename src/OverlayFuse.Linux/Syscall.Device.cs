namespace OverlayFuse.Linux;

// The ioctls of /dev/fuse.
public static unsafe partial class Syscall
{
    private const nuint DeviceClone = 0x8004E500; // FUSE_DEV_IOC_CLONE
    private const nuint DeviceBackingOpen = 0x4010E501; // FUSE_DEV_IOC_BACKING_OPEN
    private const nuint DeviceBackingClose = 0x4004E502; // FUSE_DEV_IOC_BACKING_CLOSE

    /// <summary>FUSE_DEV_IOC_CLONE: makes <paramref name="device"/>, a fresh /dev/fuse, a further reader of the connection of <paramref name="session"/>.</summary>
    public static Errno FuseClone(Fd device, Fd session)
    {
        var number = (uint)session.Number;
        return Check(Native.ioctl(device.Number, DeviceClone, (nint)(&number)));
    }

    /// <summary>FUSE_DEV_IOC_BACKING_OPEN: a passthrough id for <paramref name="file"/>.</summary>
    /// <returns>PERM without CAP_SYS_ADMIN in the initial user namespace; LOOP where the file's own file system is stacked too deep.</returns>
    public static Errno FuseBackingOpen(Fd session, Fd file, out int id)
    {
        var map = new BackingMap { Descriptor = file.Number };
        id = Native.ioctl(session.Number, DeviceBackingOpen, (nint)(&map));
        return Check(id);
    }

    /// <summary>FUSE_DEV_IOC_BACKING_CLOSE: open files keep what they have.</summary>
    public static Errno FuseBackingClose(Fd session, int id)
    {
        var number = (uint)id;
        return Check(Native.ioctl(session.Number, DeviceBackingClose, (nint)(&number)));
    }

    private struct BackingMap
    {
        public int Descriptor;
        public uint Flags;
        public ulong Padding;
    }
}
