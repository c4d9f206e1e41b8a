using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>From what was asked to what will be done: refuses what contradicts itself, fills in what was not said. Pure.</summary>
internal static class MountPlanner
{
    private const MountFlags UnknownToHelper = MountFlags.NoDirAtime | MountFlags.RelAtime | MountFlags.StrictAtime;

    /// <exception cref="MountException">The options contradict each other or lack something.</exception>
    public static MountJob Plan(MountForm form, MountOptions options, byte[]? source, byte[] mountPoint, Caller caller, string subtype = OverlayType.Own)
    {
        if (mountPoint.Length == 0) throw new MountException("the mount point is empty. Give the directory to mount on; in a script, check the variable that should hold it.");
        CheckDirectories(form, options);
        CheckData(options, caller);
        CheckSettle(options);
        CheckMountedDescriptor(options, mountPoint);

        var union = new UnionOptions
        {
            MountPoint = caller.Absolute(mountPoint),
            UpperDirectory = options.Upper is null ? null : caller.Absolute(options.Upper),
            WorkDirectory = options.Upper is null || options.Work is null ? null : caller.Absolute(options.Work),
            Data = options.Data ?? DataMode.Cached,
            WriteBack = options.WriteBack ?? true,
            Transport = options.Transport ?? Transport.Device,
            Durability = options.Durability ?? Durability.Ordered,
            WholeUpTo = WholeUpTo(form, options),
            Settle = options.Settle ?? SettlePolicy.Idle,
            Immutable = options.Immutable,
            ReadOnly = options.ReadOnly == true || options.Upper is null,
            Acl = options.Acl,
            KeepOwnersIn = options.KeepOwnersIn ?? OverrideForm.None,
            StaticLinkCount = options.StaticLinkCount,
            NarrowInodes = options.NarrowInodes,
            EntryTimeout = options.EntryTimeout ?? options.Timeout ?? Entry.Forever,
            AttributesTimeout = options.AttributesTimeout ?? options.Timeout ?? Entry.Forever,
            NegativeTimeout = options.NegativeTimeout ?? options.Timeout ?? Entry.Forever,
            SquashToUid = options.SquashToUid ?? (options.SquashToRoot ? 0 : null),
            SquashToGid = options.SquashToGid ?? (options.SquashToRoot ? 0 : null),
        };
        union.UidMapping.AddRange(options.UidMapping);
        union.GidMapping.AddRange(options.GidMapping);
        union.LowerDirectories.AddRange(options.Lowers.Select(caller.Absolute));
        union.DataDirectories.AddRange(options.DataOnly.Select(caller.Absolute));
        return new MountJob
        {
            Union = union,
            Source = options.SourceName ?? source ?? ByteText.Bytes(subtype),
            Subtype = subtype,
            Flags = Flags(form, options, union.ReadOnly, caller),
            AllowOther = options.AllowOther ?? caller.IsRoot,
            Labels = Labels(options, caller),
            LogFile = options.LogFile is null ? null : caller.Absolute(options.LogFile),
        };
    }

    private static void CheckDirectories(MountForm form, MountOptions options)
    {
        if (options.Lowers.Count == 0)
            throw new MountException("lowerdir is missing. A union needs at least one layer: -o lowerdir=DIR, topmost layer first.");
        if (options.Upper is not null && options.Work is null)
            throw new MountException($"upperdir={ByteText.Show(options.Upper)} needs a workdir beside it: an empty directory on the same file system, as in -o upperdir=/u,workdir=/w");
        if (options.Upper is not null) return;

        if (options.Work is not null)
        {
            var useless = $"workdir={ByteText.Show(options.Work)} is of no use without an upperdir: the union is read-only.";
            if (form == MountForm.Verb) throw new MountException(useless);
            options.Notices.Add(useless);
        }

        // mount(8) writes "rw" without being asked, so only a person is stopped.
        if (form == MountForm.Verb && options.ReadOnly == false)
            throw new MountException("option \"rw\" needs an upperdir and a workdir: without them the union is read-only.");
    }

    private static void CheckData(MountOptions options, Caller caller)
    {
        if (options.Data != DataMode.Passthrough) return;
        if (options.WriteBack == true)
            throw new MountException("data=passthrough and writeback=on contradict each other: with passthrough the kernel writes to the upper itself. Remove one of them.");
        if (!caller.IsHostRoot)
            throw new MountException("data=passthrough is for root only: the kernel gives it to nobody else. Leave the option out, or use data=cached.");
    }

    private static void CheckSettle(MountOptions options)
    {
        if (options.Settle != SettlePolicy.Never || options.Immutable) return;
        throw new MountException("settle=never leaves written files dependent on their lower layers for ever. If nobody will ever change these layers, add the option " +
            "immutable; otherwise leave settle=never out.");
    }

    // Container tools read the upper by themselves while it is mounted, where a file that is not all there yet has holes; people do not.
    private static ulong? WholeUpTo(MountForm form, MountOptions options) => options.WholeUpTo switch
    {
        null => form == MountForm.Verb ? UnionOptions.DefaultWholeUpTo : null,
        PartialSize.Off => null,
        var size => size,
    };

    // Whoever mounted the descriptor (mount.fuse3 with drop_privileges) passes on the options it mounted with.
    private static void CheckMountedDescriptor(MountOptions options, byte[] mountPoint)
    {
        if (Descriptors.Named(mountPoint).IsOpen && options.AllowOther == true && !options.DefaultPermissions)
            throw new MountException($"{ByteText.Show(mountPoint)} was mounted with allow_other and without default_permissions, so nobody would check permissions. " +
                "Add default_permissions to the options.");
    }

    // By mount(2) only. Where nobody labels, a label is no protection that anybody misses.
    private static byte[] Labels(MountOptions options, Caller caller)
    {
        if (options.Labels.Count == 0) return [];
        var labels = options.Labels.Aggregate((all, next) => [.. all, (byte)',', .. next]);
        if (caller is { HasSELinux: true, IsHostRoot: true }) return labels;
        options.Notices.Add($"labels have no effect, {ByteText.Show(labels)}: {(caller.HasSELinux ? "only root can mount with them" : "SELinux is not on here")}.");
        return [];
    }

    private static MountFlags Flags(MountForm form, MountOptions options, bool readOnly, Caller caller)
    {
        // A chroot or a container needs set-uid programs, and a chroot devices. fuse-overlayfs gives root the first without being asked.
        var suid = options.Suid ?? caller.IsRoot;
        var devices = options.Devices ?? (caller.IsRoot && form != MountForm.DropIn);
        if (!caller.IsRoot && (options.Suid == true || options.Devices == true))
            options.Notices.Add("options \"suid\" and \"dev\" have no effect: only root can mount with them.");

        if (!caller.IsRoot && (options.Flags & UnknownToHelper) != 0)
            options.Notices.Add("options \"nodiratime\", \"relatime\" and \"strictatime\" have no effect: fusermount3, by which ordinary users mount, does not take them.");

        var flags = options.Flags;
        if (readOnly) flags |= MountFlags.ReadOnly;
        if (!suid || !caller.IsRoot) flags |= MountFlags.NoSuid;
        if (!devices || !caller.IsRoot) flags |= MountFlags.NoDev;
        return flags;
    }
}
