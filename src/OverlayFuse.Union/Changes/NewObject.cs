using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>What a create, mknod, mkdir or symlink asks for.</summary>
internal readonly ref struct NewObject
{
    public FileType Type { get; init; }

    /// <summary>Permissions as the caller gave them, unmasked.</summary>
    public uint Mode { get; init; }

    public uint Umask { get; init; }

    public uint Major { get; init; }

    public uint Minor { get; init; }

    /// <summary>Of a symbolic link.</summary>
    public ReadOnlySpan<byte> Target { get; init; }
}
