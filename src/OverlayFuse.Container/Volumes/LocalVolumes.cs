using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The driver "local": a directory of ours, on which something is mounted while it is used when the options say so (type, device and o, as for mount(8)).</summary>
internal sealed class LocalVolumes(VolumeStore volumes) : VolumeDriver
{
    private static readonly (string Word, MountFlags Flag)[] Flags =
    [
        ("ro", MountFlags.ReadOnly), ("nosuid", MountFlags.NoSuid), ("nodev", MountFlags.NoDev), ("noexec", MountFlags.NoExec), ("noatime", MountFlags.NoAtime),
        ("bind", MountFlags.Bind), ("rbind", MountFlags.Bind | MountFlags.Recursive), ("sync", MountFlags.Synchronous), ("dirsync", MountFlags.DirSync),
        ("nodiratime", MountFlags.NoDirAtime), ("relatime", MountFlags.RelAtime), ("strictatime", MountFlags.StrictAtime),
    ];

    // What holds without being said: the file system does not know these words.
    private static readonly string[] Usual = ["defaults", "rw", "suid", "dev", "exec", "async", "atime", "diratime", "norelatime", "nostrictatime", "nomand"];

    public override void Create(VolumeRecord volume)
    {
        var unknown = volume.Options.Keys.FirstOrDefault(option => option is not ("type" or "device" or "o"));
        if (unknown is not null) throw new RefusedException($"create {volume.Name}: invalid option: \"{unknown}\"");
        if (volume.Options.Count == 0) return;
        var missing = new[] { "device", "type" }.FirstOrDefault(option => !volume.Options.ContainsKey(option));
        if (missing is not null) throw new RefusedException($"create {volume.Name}: missing required option: \"{missing}\"");
    }

    public override void Remove(VolumeRecord volume) => Unmount(volume, "", isLast: true);

    public override string PathOf(VolumeRecord volume) => volumes.DataOf(volume.Name);

    public override string Mount(VolumeRecord volume, string use)
    {
        var path = PathOf(volume);
        if (volume.Options.Count == 0 || MountInfo.Find(Encoding.UTF8.GetBytes(path)) is not null) return path;
        var (flags, data) = Read(volume.Options.GetValueOrDefault("o", ""));
        var device = volume.Options["device"];
        var error = Syscall.Mount(Encoding.UTF8.GetBytes(device), Encoding.UTF8.GetBytes(path), Encoding.UTF8.GetBytes(volume.Options["type"]), flags, Encoding.UTF8.GetBytes(data));

        // A bind takes no other flags: they are set on what it made.
        if (error == Errno.None && flags.HasFlag(MountFlags.Bind) && (flags & ~(MountFlags.Bind | MountFlags.Recursive)) != MountFlags.None)
            error = Syscall.Mount([], Encoding.UTF8.GetBytes(path), [], flags | MountFlags.Remount, []);
        if (error != Errno.None) throw new RefusedException($"error while mounting volume '{path}': failed to mount local volume: mount {device}:{path}: {error.Describe()}.");
        return path;
    }

    public override void Unmount(VolumeRecord volume, string use, bool isLast)
    {
        var path = Encoding.UTF8.GetBytes(PathOf(volume));
        if (isLast && volume.Options.Count > 0 && MountInfo.Find(path) is not null) _ = Syscall.Unmount(path, UnmountFlags.Detach);
    }

    /// <summary>The words of "o" that are flags, and those that are for the file system. Pure.</summary>
    internal static (MountFlags Flags, string Data) Read(string options)
    {
        var flags = MountFlags.None;
        var data = new List<string>();
        foreach (var option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var known = Array.FindIndex(Flags, pair => pair.Word == option);
            if (known >= 0) flags |= Flags[known].Flag;
            else if (!Usual.Contains(option)) data.Add(option);
        }
        return (flags, string.Join(',', data));
    }
}
