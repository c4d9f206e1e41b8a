namespace OverlayFuse.Union;

/// <summary>An object of a layer, by the number the layer has in this upper (0 is the upper itself) and its inode number there.</summary>
internal readonly record struct LayerInode(int Layer, ulong Inode);
