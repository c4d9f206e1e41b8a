namespace OverlayFuse.Union;

/// <summary>The st_ino that the union shows: 15 bits of layer number above 48 bits of the layer's own inode number.</summary>
internal static class InodeNumber
{
    public const int LayerShift = 48;

    /// <summary>The layer number that no layer has: numbers of this range are allocated one by one (<see cref="InodeNumbers"/>).</summary>
    public const int AllocatedLayer = 0x7fff;

    /// <summary>False where one of the two does not fit. The top bit stays clear for programs that read st_ino as signed.</summary>
    public static bool TryPack(int layer, ulong inode, out ulong number)
    {
        var fits = layer is >= 0 and < AllocatedLayer && inode < 1UL << LayerShift;
        number = fits ? ((ulong)layer << LayerShift) | inode : 0;
        return fits;
    }

    /// <summary>The two parts of a number; of one that was allocated, <see cref="AllocatedLayer"/> and which it is.</summary>
    public static (int Layer, ulong Inode) Unpack(ulong number) => ((int)(number >> LayerShift), number & ((1UL << LayerShift) - 1));
}
