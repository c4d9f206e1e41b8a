namespace OverlayFuse.Linux;

/// <summary>What an offset of lseek(2) is relative to, or what is looked for from there on (SEEK_*).</summary>
public enum Whence
{
    Set = 0,
    Current = 1,
    End = 2,
    Data = 3,
    Hole = 4,
}
