namespace OverlayFuse.Union.Tests;

/// <summary>A file system as it is made and mounted on the device that is recorded.</summary>
/// <param name="Name">The name in the test's.</param>
/// <param name="Type">What mount(8) calls it.</param>
/// <param name="Make">The command that makes it in a file.</param>
/// <param name="Options">Of mount(8).</param>
internal sealed record DiskFormat(string Name, string Type, string Make, string Options)
{
    private const string MakeExt4 = "mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0,lazy_journal_init=0";
    private const string MakeXfs = "mkfs.xfs -q -f";

    /// <summary>Of the file, which is sparse.</summary>
    public int Megabytes { get; init; } = 96;

    /// <summary>What the device writes whole or not at all.</summary>
    public int Sector { get; init; } = 4096;

    /// <summary>What <see cref="CommitOrder"/> says of it.</summary>
    public bool KeepsOrder { get; init; } = true;

    /// <summary>The lower layer is on it too, so that a copy shares its blocks.</summary>
    public bool HoldsLower { get; init; }

    // One commit a second beside those that are asked for.
    public static readonly DiskFormat Ext4 = new("ext4", "ext4", MakeExt4, "noatime,commit=1");

    public static readonly DiskFormat Xfs = new("xfs", "xfs", MakeXfs, "noatime") { Megabytes = 320, Sector = 512 };

    public static readonly DiskFormat XfsWithLower = Xfs with { Name = "xfs, lower on it", HoldsLower = true };

    /// <summary>Others, each another way through ext4. Not fast commits (-O fast_commit): of what is appended to a file, they lose some that fsync(2) had promised.</summary>
    public static readonly DiskFormat[] Rarer =
    [
        Ext4 with { Name = "ext4, blocks mapped before they are written", Options = "noatime,commit=1,dioread_lock" },
        Ext4 with { Name = "ext4, allocated at once", Options = "noatime,commit=1,nodelalloc" },
        Ext4 with { Name = "ext4, data in the journal", Options = "noatime,commit=1,data=journal", KeepsOrder = false },
        Ext4 with { Name = "ext4, data in no order", Options = "noatime,commit=1,data=writeback", KeepsOrder = false },
        Ext4 with { Name = "ext4, blocks of 1 KiB", Make = MakeExt4.Replace("4096", "1024", StringComparison.Ordinal), Sector = 1024 },
    ];

    public override string ToString() => Name;
}
