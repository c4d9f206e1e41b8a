using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>What has to be on the host before a container can mount it: volumes are made, and what -v names; what --mount names has to be there.</summary>
public sealed class MountSources(VolumeStore volumes)
{
    private readonly Dictionary<string, VolumeRecord> _known = [];

    /// <summary>Asks plugins what they have of these names, before the locks under which the rest is done: others would wait for a plugin that does not answer.</summary>
    public void LookUp(IEnumerable<MountPoint> mounts)
    {
        foreach (var mount in mounts.Where(mount => mount.Kind == MountKind.Volume))
        {
            if (volumes.LookUp(Wanted(mount)) is { } known) _known[mount.Volume!] = known;
        }
    }

    public void Prepare(ContainerRecord record)
    {
        foreach (var mount in record.Mounts)
        {
            if (mount.Kind == MountKind.Volume) PrepareVolume(mount);
        }
        PrepareBinds(record);
    }

    /// <summary>At every start, too: what was there may have gone, as a directory in /run has with the machine.</summary>
    public static void PrepareBinds(ContainerRecord record)
    {
        foreach (var mount in record.Mounts.Where(mount => mount.Kind == MountKind.Bind)) PrepareBind(mount);
    }

    private void PrepareVolume(MountPoint mount)
    {
        using var held = volumes.Lock();
        var volume = volumes.Ensure(Wanted(mount), _known.GetValueOrDefault(mount.Volume!));
        mount.Driver = volume.Driver;
        mount.Source = volume.Driver == VolumeDriver.Local ? volumes.DataOf(mount.Volume!) : ""; // a plugin says where when it is mounted
    }

    private static VolumeRecord Wanted(MountPoint mount) => new()
    {
        Name = mount.Volume!,
        Created = DateTimeOffset.UtcNow,
        Driver = mount.Driver ?? VolumeDriver.Local,
        IsDriverAsked = mount.Driver is not null,
        Options = mount.DriverOptions,
        Labels = mount.VolumeLabels ?? [],
        IsAnonymous = mount.IsAnonymous,
    };

    private static void PrepareBind(MountPoint mount)
    {
        if (!Path.Exists(mount.Source))
        {
            if (mount.IsFromMountFlag) throw new RefusedException($"invalid mount config for type \"bind\": bind source path does not exist: {mount.Source}.");
            try
            {
                Directory.CreateDirectory(mount.Source);
                _ = Syscall.Chmod(mount.Source, VolumeStore.ReadableDirectory);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new RefusedException($"cannot make {mount.Source}, which -v names and which does not exist: {FileErrors.Reason(e)}.");
            }
        }
        CheckPropagation(mount);
    }

    // What is to come from the host, or to go there, can only pass where the host's own mount is shared.
    private static void CheckPropagation(MountPoint mount)
    {
        if (mount.Propagation is "private" or "rprivate" || Over(mount.Source) is not { } over) return;
        var isShared = over.Contains("shared:", StringComparison.Ordinal);
        if (mount.Propagation is "shared" or "rshared" && !isShared) throw new RefusedException($"path {mount.Source} is mounted on {over.Split(' ')[0]} but it is not a shared mount.");
        if (mount.Propagation is "slave" or "rslave" && !isShared && !over.Contains("master:", StringComparison.Ordinal))
            throw new RefusedException($"path {mount.Source} is mounted on {over.Split(' ')[0]} but it is not a shared or slave mount.");
    }

    /// <summary>The mount that a path lies on: its mount point, and the optional fields of /proc/self/mountinfo.</summary>
    private static string? Over(string path)
    {
        if (Syscall.Open(path, OpenFlags.Path, out var fd) != Errno.None) return null;
        _ = Syscall.Stat(fd, out var status);
        fd.Close();
        foreach (var line in File.ReadLines("/proc/self/mountinfo", Encoding.Latin1))
        {
            var fields = line.Split(' ');
            if (fields[0] == status.MountId.ToString(System.Globalization.CultureInfo.InvariantCulture)) return $"{fields[4]} {string.Join(' ', fields.Skip(6).TakeWhile(field => field != "-"))}";
        }
        return null;
    }
}
