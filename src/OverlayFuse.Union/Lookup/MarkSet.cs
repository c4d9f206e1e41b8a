namespace OverlayFuse.Union;

/// <summary>The marks of one family that an object carries.</summary>
[Flags]
internal enum MarkSet : ushort
{
    None = 0,
    Opaque = 1,
    Whiteout = 2,
    Redirect = 4,
    Metacopy = 8,
    Origin = 16,
    Nlink = 32,
    Impure = 64,
    Uuid = 128,
    Protattr = 256,

    /// <summary>On entries of the kernel's index.</summary>
    Upper = 512,

    /// <summary>Any other name.</summary>
    Unknown = 1024,

    /// <summary>Ours: the file has some of its blocks in the upper.</summary>
    Partial = 2048,
}
