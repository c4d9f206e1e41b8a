using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>What an option list asks for, before anything is looked at on disk. Null: not said.</summary>
internal sealed class MountOptions
{
    public List<byte[]> Lowers { get; } = [];

    /// <summary>Data-only layers.</summary>
    public List<byte[]> DataOnly { get; } = [];

    public byte[]? Upper { get; set; }

    public byte[]? Work { get; set; }

    public DataMode? Data { get; set; }

    public bool? WriteBack { get; set; }

    public Transport? Transport { get; set; }

    public Durability? Durability { get; set; }

    public List<IdRange> UidMapping { get; } = [];

    public List<IdRange> GidMapping { get; } = [];

    public uint? SquashToUid { get; set; }

    public uint? SquashToGid { get; set; }

    /// <summary>Both to 0, where the other two do not say another.</summary>
    public bool SquashToRoot { get; set; }

    /// <summary>xattr_permissions=.</summary>
    public OverrideForm? KeepOwnersIn { get; set; }

    /// <summary>partial=: files of more bytes come up block by block; <see cref="PartialSize.Off"/>: none.</summary>
    public ulong? WholeUpTo { get; set; }

    public SettlePolicy? Settle { get; set; }

    public bool Immutable { get; set; }

    public bool StaticLinkCount { get; set; }

    public bool NarrowInodes { get; set; }

    /// <summary>timeout=, for those of the other three that are not said.</summary>
    public TimeSpan? Timeout { get; set; }

    public TimeSpan? EntryTimeout { get; set; }

    public TimeSpan? AttributesTimeout { get; set; }

    public TimeSpan? NegativeTimeout { get; set; }

    public bool? ReadOnly { get; set; }

    public bool? Devices { get; set; }

    public bool? Suid { get; set; }

    public bool? AllowOther { get; set; }

    /// <summary>Ours always has it; asked for, it tells of a mount that somebody else has made (/dev/fd/N).</summary>
    public bool DefaultPermissions { get; set; }

    public bool Acl { get; set; } = true;

    /// <summary>The flags of mount(2) that only the kernel acts on: noexec, sync, the access times.</summary>
    public MountFlags Flags { get; set; }

    /// <summary>Labels of SELinux for the mount, as written: context="...", quotes and all.</summary>
    public List<byte[]> Labels { get; } = [];

    /// <summary>The first field of /proc/mounts (fsname=).</summary>
    public byte[]? SourceName { get; set; }

    /// <summary>Stay in the foreground, and say what is mounted.</summary>
    public bool Debug { get; set; }

    /// <summary>--log.</summary>
    public byte[]? LogFile { get; set; }

    /// <summary>What was accepted without effect, or left out: a line each for stderr.</summary>
    public List<string> Notices { get; } = [];
}
