using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>Takes mounts away, dead ones too.</summary>
public static class Unmounter
{
    /// <summary>
    /// Unmounts what is mounted on a directory: by umount2(2) where we may, else by fusermount3; lazily when it is busy.
    /// Never touches the mounted files, so it also works where the server has died. Null on success, else a sentence.
    /// </summary>
    public static string? Unmount(byte[] mountPoint)
    {
        var error = Syscall.Unmount(mountPoint, UnmountFlags.None);
        if (error == Errno.BUSY) error = Syscall.Unmount(mountPoint, UnmountFlags.Detach);
        return error switch
        {
            Errno.None => null,
            Errno.PERM => ByHelper(mountPoint),
            _ => Failure(mountPoint, error),
        };
    }

    /// <summary>As <see cref="Unmount"/>, out of the tree at once; users of open files keep them.</summary>
    internal static string? Detach(byte[] mountPoint)
    {
        var error = Syscall.Unmount(mountPoint, UnmountFlags.NoFollow | UnmountFlags.Detach);
        return error switch
        {
            Errno.None => null,
            Errno.PERM => RunHelper(mountPoint, "-uz"u8),
            _ => Failure(mountPoint, error),
        };
    }

    /// <summary>Unmounts unless somebody uses it; what the kernel holds is written back first. True also when it is gone already.</summary>
    internal static bool TryRelease(byte[] mountPoint) => Syscall.Unmount(mountPoint, UnmountFlags.NoFollow) switch
    {
        Errno.None or Errno.INVAL => true,
        Errno.PERM => RunHelper(mountPoint, "-u"u8) is null,
        _ => false,
    };

    /// <summary>
    /// Has what the kernel holds for a busy mount written back, as far as that goes in the time. By another process, sync(1): the one
    /// that serves must not touch its own mount.
    /// </summary>
    internal static void WriteBack(byte[] mountPoint, TimeSpan patience)
    {
        var request = new SpawnRequest { File = "sync"u8.ToArray(), Arguments = ["sync"u8.ToArray(), "-f"u8.ToArray(), "--"u8.ToArray(), mountPoint] };
        if (Syscall.Spawn(request, out var pid) != Errno.None) return;
        var waiting = new Thread(() => Syscall.WaitPid(pid, out _)) { IsBackground = true, Name = "sync" };
        waiting.Start();
        waiting.Join(patience);
    }

    /// <summary>Ends the connection and takes the mount away under its users; without privilege only the latter.</summary>
    internal static void Force(byte[] mountPoint)
    {
        var error = Syscall.Unmount(mountPoint, UnmountFlags.NoFollow | UnmountFlags.Force | UnmountFlags.Detach);
        if (error == Errno.PERM) RunHelper(mountPoint, "-uz"u8);
    }

    private static string? ByHelper(byte[] mountPoint) =>
        RunHelper(mountPoint, "-u"u8) is null ? null : RunHelper(mountPoint, "-uz"u8);

    private static string? RunHelper(byte[] mountPoint, ReadOnlySpan<byte> how)
    {
        var helper = Helper.Run([how.ToArray(), "--"u8.ToArray(), mountPoint], Fd.None, 0);
        if (helper.Succeeded) return null;
        if (helper.IsAbsent) return $"cannot unmount {MountText.Path(mountPoint)}: {MountText.NoHelper}";
        return $"cannot unmount {MountText.Path(mountPoint)}: {helper.Words}";
    }

    private static string Failure(byte[] mountPoint, Errno error) => $"cannot unmount {MountText.Path(mountPoint)}: " + error switch
    {
        Errno.INVAL => "nothing is mounted there",
        Errno.NOENT => "there is no such directory",
        _ => error.Describe(),
    };
}
