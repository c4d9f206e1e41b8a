using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>
/// Every option we know: ours, those of mount(8), and those that container tools send to fuse-overlayfs, libfuse and kernel
/// overlayfs. An option that is not here is unknown.
/// </summary>
internal static class OptionTable
{
    private static readonly KnownOption[] Rows =
    [
        Served("lowerdir"), Served("lowerdir+"), Served("datadir+"), Served("upperdir"), Served("workdir"),
        Served("volatile"), Served("fsync"), Served("data"), Served("writeback"), Served("transport"), Served("partial"), Served("settle"), Served("immutable"), Served("noacl"), Served("acl"),
        Served("ro"), Served("rw"), Served("dev"), Served("nodev"), Served("suid"), Served("nosuid"), Served("exec"), Served("noexec"),
        Served("atime"), Served("noatime"), Served("diratime"), Served("nodiratime"), Served("relatime"), Served("norelatime"),
        Served("strictatime"), Served("nostrictatime"), Served("symfollow"), Served("nosymfollow"),
        Served("sync"), Served("async"), Served("dirsync"), Served("allow_other"), Served("noallow_other"), Served("fsname"), Served("default_permissions"),
        Served("uidmapping"), Served("gidmapping"), Served("squash_to_root"), Served("squash_to_uid"), Served("squash_to_gid"), Served("xattr_permissions"), Served("static_nlink"), Served("ino32_t"),
        Served("context"), Served("fscontext"), Served("defcontext"), Served("rootcontext"),
        Served("timeout"), Served("entry_timeout"), Served("attr_timeout"), Served("negative_timeout"),
        Served("debug"),

        Silent("private"), Silent("rprivate"), Silent("unbindable"), Silent("runbindable"), Silent("defaults"), Silent("auto"), Silent("noauto"),
        Silent("user"), Silent("nouser"), Silent("users"), Silent("nousers"), Silent("owner"), Silent("noowner"), Silent("group"), Silent("nogroup"), Silent("_netdev"), Silent("nofail"),
        Silent("comment"), Silent("silent"), Silent("loud"), Silent("mand"), Silent("nomand"), Silent("iversion"), Silent("noiversion"), Silent("nonempty"), Silent("uhelper"),
        Silent("clone_fd"), Silent("big_writes"), Silent("splice_read"), Silent("splice_write"), Silent("splice_move"), Silent("kernel_cache"),

        NoEffect("shared", "the mount takes the propagation of the mount it stands on"),
        NoEffect("rshared", "the mount takes the propagation of the mount it stands on"),
        NoEffect("slave", "the mount takes the propagation of the mount it stands on"),
        NoEffect("rslave", "the mount takes the propagation of the mount it stands on"),
        NoEffect("subtype", "the type is fuse.overlayfuse, or fuse.fuse-overlayfs where we are called by that name", OverlayType.Own, OverlayType.DropIn),
        NoEffect("lazytime", "times are kept by the file system of the upper"), Silent("nolazytime"),
        NoEffect("allow_root", "who has access is said by allow_other alone: all, where root mounts, else the owner of the mount"),
        NoEffect("auto_unmount", "the mount is taken away when overlayfuse ends by a signal it can catch, and by \"overlayfuse umount\" otherwise"),
        NoEffect("max_threads", "a thread is started when a request needs one, up to 32"), NoEffect("max_idle_threads", "of the threads that wait for requests, 4 stay"),
        NoEffect("threaded", "requests are always served by several threads", "1"),
        NoEffect("max_write", "requests carry up to 1 MiB"), NoEffect("max_read", "requests carry up to 1 MiB"),
        NoEffect("max_background", "the kernel is told a limit that fits"), NoEffect("congestion_threshold", "the kernel is told a limit that fits"),
        NoEffect("max_readahead", "read-ahead is chosen by overlayfuse"),
        NoEffect("auto_cache", "contents are cached for good: the layers belong to the mount"), NoEffect("noauto_cache", "contents are cached for good: the layers belong to the mount"),
        NoEffect("fast_ino", "inode numbers are always stable"), NoEffect("fast_ialloc", "inode numbers are always stable"),
        NoEffect("xino", "inode numbers are always stable", "on", "auto"),
        NoEffect("noxattrs", "extended attributes are always served", "0"),
        NoEffect("nfs_filehandles", "the mount cannot be exported by NFS", "0"), NoEffect("nfs_export", "the mount cannot be exported by NFS", "off"),
        NoEffect("redirect_dir", "directories of the layers are always renamed by redirect", "on"),
        NoEffect("metacopy", "changed attributes never copy contents", "on"),
        NoEffect("index", "hard links always stay whole", "on"),
        NoEffect("userxattr", "marks are trusted.overlay.* for root and user.overlay.* for others"),
        NoEffect("uuid", "the mount has no UUID", "null", "off"),

        Refused("idmap", "give ids as uidmapping=STORED:SHOWN:COUNT and gidmapping=..., or map the ids of the mount itself (mount(8), X-mount.idmap)"),
        Refused("setuid", "mount.fuse3 does that: mount -t fuse3 -o setuid=USER,... overlayfuse#SOURCE MERGED"),
        Refused("drop_privileges", "mount.fuse3 does that: mount -t fuse3 -o setuid=USER,drop_privileges,... overlayfuse#SOURCE MERGED"),
        Refused("plugins", "layers that a plugin has to fetch cannot be read"),
        Refused("verity", "fs-verity digests are not checked yet", "off"),
        Refused("remount", "a mounted union keeps its options; unmount it and mount it again"),
        Refused("bind", "only mount(8) makes bind mounts"), Refused("rbind", "only mount(8) makes bind mounts"), Refused("move", "only mount(8) moves mounts"),
    ];

    private static readonly Dictionary<string, KnownOption> ByName = Rows.ToDictionary(row => row.Name);

    public static IEnumerable<KnownOption> All => Rows;

    /// <summary>The row of <paramref name="name"/>, or null.</summary>
    public static KnownOption? Find(string name)
    {
        // mount(8) keeps these for itself; none is a word to a file system.
        if (name.StartsWith("x-", StringComparison.Ordinal) || name.StartsWith("X-", StringComparison.Ordinal)) return Silent(name);
        return ByName.GetValueOrDefault(name);
    }

    private static KnownOption Served(string name) => new(name, OptionKind.Served);

    private static KnownOption Silent(string name) => new(name, OptionKind.Silent);

    private static KnownOption NoEffect(string name, string why, params string[] harmless) => new(name, OptionKind.NoEffect, why, harmless);

    private static KnownOption Refused(string name, string why, params string[] harmless) => new(name, OptionKind.Refused, why, harmless);
}
