namespace OverlayFuse.Union;

/// <summary>Where the parts of a map file are (README.md, "Maps of partial files"), and which block a byte is in.</summary>
/// <param name="BlockShift">The size of a block is 1 &lt;&lt; this.</param>
/// <param name="Size">The bytes that the map is for, those of the lower file.</param>
internal readonly record struct PartialLayout(int BlockShift, ulong Size)
{
    public const int SmallestShift = 12;

    /// <summary>Of a file beyond 64 GiB the blocks are larger, so that its bits do not outgrow 2 MiB.</summary>
    public const long MaxBlocks = 1L << 24;

    /// <summary>The first and the second slot stand in sectors of their own: a torn write spoils one of them at most.</summary>
    public const int SlotAt = 512;

    public const int SlotDistance = 512;

    public const int BitsAt = 4096;

    private const int Page = 4096;

    public long BlockSize => 1L << BlockShift;

    public int Blocks => (int)((Size + (ulong)BlockSize - 1) >> BlockShift);

    /// <summary>The length of one bitmap.</summary>
    public int BitsLength => ((Blocks + 7) / 8 + Page - 1) / Page * Page;

    public int CommittedAt => BitsAt + BitsLength;

    public int Length => BitsAt + 2 * BitsLength;

    public static PartialLayout For(ulong size)
    {
        var shift = SmallestShift;
        while (((size - 1) >> shift) + 1 > MaxBlocks) shift++;
        return new PartialLayout(shift, size);
    }

    public int BlockOf(long offset) => (int)(offset >> BlockShift);

    public long StartOf(int block) => (long)block << BlockShift;
}
