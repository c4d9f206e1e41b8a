namespace OverlayFuse.Linux;

/// <summary>The flags of setxattr(2).</summary>
[Flags]
public enum XattrFlags : uint
{
    None = 0,

    /// <summary>EXIST when the attribute is there already.</summary>
    Create = 1,

    /// <summary>NODATA when the attribute is not there.</summary>
    Replace = 2,
}
