namespace OverlayFuse.Union;

/// <summary>
/// An object of a layer that lies on another device than the layer's root. The last three are of one name of an object with several: the
/// directory of the name, and its hash.
/// </summary>
internal readonly record struct ForeignInode(int Layer, ulong Device, ulong Inode, ulong DirectoryDevice = 0, ulong Directory = 0, ulong Name = 0);
