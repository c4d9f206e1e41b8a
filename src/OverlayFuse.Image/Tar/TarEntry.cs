using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>One entry of an archive, its headers put together. Names are bytes, as the archive has them.</summary>
public sealed class TarEntry
{
    public TarKind Kind { get; set; }

    public required byte[] Name { get; set; }

    /// <summary>Where a link points; for a hard link the name of an entry.</summary>
    public byte[] Target { get; set; } = [];

    /// <summary>The twelve bits of chmod(2).</summary>
    public uint Mode { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public long Size { get; set; }

    public Timestamp ModifyTime { get; set; }

    public uint DeviceMajor { get; set; }

    public uint DeviceMinor { get; set; }

    /// <summary>Extended attributes (SCHILY.xattr.*).</summary>
    public List<(byte[] Name, byte[] Value)> Xattrs { get; } = [];
}
