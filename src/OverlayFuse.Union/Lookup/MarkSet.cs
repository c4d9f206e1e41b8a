namespace OverlayFuse.Union;

/// <summary>The marks of one family that an object carries.</summary>
[Flags]
internal enum MarkSet : byte
{
    None = 0,
    Opaque = 1,
    Whiteout = 2,
    Redirect = 4,
    Metacopy = 8,
    Origin = 16,
    Nlink = 32,
    Impure = 64,
}
