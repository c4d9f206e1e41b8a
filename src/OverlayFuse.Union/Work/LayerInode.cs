namespace OverlayFuse.Union;

/// <summary>An object of a layer, by the number the layer has in this upper (0 is the upper itself) and its inode number there.</summary>
internal readonly record struct LayerInode(int Layer, ulong Inode)
{
    /// <summary>The two in one, as <see cref="InodeNumber"/> packs them.</summary>
    public ulong Number => ((ulong)Layer << InodeNumber.LayerShift) | Inode;
}
