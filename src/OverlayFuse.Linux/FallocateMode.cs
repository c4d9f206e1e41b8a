namespace OverlayFuse.Linux;

/// <summary>The modes of fallocate(2) (FALLOC_FL_*); without any, room is allocated and the file grows if need be.</summary>
[Flags]
public enum FallocateMode
{
    None = 0,
    KeepSize = 1,

    /// <summary>Only together with <see cref="KeepSize"/>.</summary>
    PunchHole = 2,

    CollapseRange = 8,
    ZeroRange = 16,
    InsertRange = 32,
}
