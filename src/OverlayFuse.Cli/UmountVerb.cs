using System.CommandLine;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse umount MERGED".</summary>
internal static class UmountVerb
{
    public static Command Create()
    {
        var place = new Argument<string>("MERGED") { Description = "The directory a union is mounted on; its daemon may be dead." };
        var command = new Command("umount", "Unmount a union; its daemon then ends by itself.") { place };
        command.SetAction(result => Run(ByteText.Bytes(result.GetRequiredValue(place))));
        return command;
    }

    private static int Run(byte[] place)
    {
        var mountPoint = Resolve(place);
        var mount = MountInfo.Find(mountPoint);
        if (mount is null) throw new MountException($"cannot unmount {ByteText.Show(place)}: nothing is mounted there.");

        // Root could take away a disk with this.
        if (mount.Type != "fuse" && !mount.Type.StartsWith("fuse.", StringComparison.Ordinal))
            throw new MountException($"cannot unmount {ByteText.Show(place)}: what is mounted there is {mount.Type}, not a union. Use umount(8) for it.");

        var failure = Unmounter.Unmount(mountPoint);
        return failure is null ? 0 : throw new MountException(failure);
    }

    /// <summary>The path as /proc/self/mountinfo has it. Opening with O_PATH asks nothing of a server that is dead.</summary>
    private static byte[] Resolve(byte[] place)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, place, OpenFlags.Path, 0, out var fd);
        if (error != Errno.None) throw new MountException($"cannot unmount {ByteText.Show(place)}: {error.Describe()}.");
        error = Syscall.PathOf(fd, out var path);
        fd.Close();
        return error == Errno.None ? path : Caller.Current().Absolute(place);
    }
}
