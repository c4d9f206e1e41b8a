using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>Makes the mount: by mount(2) where we may, else by the set-uid helper fusermount3.</summary>
internal static class Mounter
{
    private static ReadOnlySpan<byte> DescriptorPrefix => "/dev/fd/"u8;

    public static MountedDevice Mount(MountRequest request)
    {
        if (request.MountPoint.AsSpan().StartsWith(DescriptorPrefix)) return AlreadyMounted(request.MountPoint);

        var path = MountPlace.Clear(request.MountPoint, request.Subtype, request.Replaces);
        var opened = Syscall.Open("/dev/fuse", OpenFlags.ReadWrite, out var device);
        if (opened is Errno.NOENT or Errno.NODEV or Errno.NXIO) throw Failure(path, MountText.NoDevice);
        if (opened is not (Errno.None or Errno.ACCES or Errno.PERM)) throw Failure(path, $"/dev/fuse cannot be opened: {opened.Describe()}");

        if (device.IsOpen)
        {
            var mounted = MountDirectly(request, path, device);
            if (mounted == Errno.None) return MountedDevice.At(path, device);

            device.Close();
            if (mounted is not (Errno.PERM or Errno.ACCES)) throw Failure(path, MountText.Of(mounted));
        }
        return MountedDevice.At(path, HelperMount.Mount(request, path, isDeviceClosed: opened != Errno.None));
    }

    public static MountException Failure(ReadOnlySpan<byte> path, string why) => new($"cannot mount on {MountText.Path(path)}: {why}");

    private static Errno MountDirectly(MountRequest request, byte[] path, Fd device)
    {
        // Behind a user namespace "other" users are those of the namespace, all of them subject to its owner.
        var allowOther = request.AllowOther || UserNamespace.IsInside;
        var data = Data(request, $"fd={device.Number},rootmode=40000,user_id={Syscall.GetEUid()},group_id={Syscall.GetEGid()},default_permissions{(allowOther ? ",allow_other" : "")}");
        return Syscall.Mount(request.Source, path, Encoding.UTF8.GetBytes($"fuse.{request.Subtype}"), request.Flags, data);
    }

    internal static byte[] Data(MountRequest request, string options) =>
        request.Labels.Length == 0 ? Encoding.ASCII.GetBytes(options) : [.. Encoding.ASCII.GetBytes(options), (byte)',', .. request.Labels];

    private static MountedDevice AlreadyMounted(byte[] mountPoint)
    {
        if (!int.TryParse(mountPoint.AsSpan(DescriptorPrefix.Length), out var number) || number < 0)
            throw Failure(mountPoint, "behind /dev/fd/ the number of an open descriptor is needed");
        return new MountedDevice(new Fd(number), null, null);
    }
}
