namespace OverlayFuse.Union;

/// <summary>
/// Names as bytes in pages of equal cells, by size class, so that a million names are not a million objects and an emptied
/// page goes back to the collector. Not thread-safe: the owner's lock protects it.
/// </summary>
internal sealed class NameStore
{
    private const int ClassBits = 2;
    private static readonly int[] CellSizes = [24, 48, 96, 256];

    private readonly SizeClass[] _classes = [.. CellSizes.Select(size => new SizeClass(size))];

    /// <summary>Pages given back since the store was made.</summary>
    public long PagesDropped => _classes[0].PagesDropped + _classes[1].PagesDropped + _classes[2].PagesDropped + _classes[3].PagesDropped;

    /// <summary>Keeps a copy of <paramref name="name"/> (up to <see cref="Tree.MaxName"/> bytes); the result is never 0.</summary>
    public int Add(ReadOnlySpan<byte> name)
    {
        var which = 0;
        while (CellSizes[which] <= name.Length) which++;
        var cell = _classes[which].Take();
        var room = _classes[which].Cell(cell);
        room[0] = (byte)name.Length;
        name.CopyTo(room[1..]);
        return ((cell + 1) << ClassBits) | which;
    }

    public ReadOnlySpan<byte> this[int handle]
    {
        get
        {
            var cell = _classes[handle & ((1 << ClassBits) - 1)].Cell((handle >> ClassBits) - 1);
            return cell.Slice(1, cell[0]);
        }
    }

    public void Remove(int handle) => _classes[handle & ((1 << ClassBits) - 1)].Give((handle >> ClassBits) - 1);

    private sealed class SizeClass(int cellSize)
    {
        private const int CellsPerPage = 128;

        private readonly List<Page?> _pages = [];
        private int _firstWithRoom;

        public long PagesDropped { get; private set; }

        public Span<byte> Cell(int cell) => _pages[cell / CellsPerPage]!.Bytes.AsSpan(cell % CellsPerPage * cellSize, cellSize);

        public int Take()
        {
            var index = _firstWithRoom;
            while (index < _pages.Count && _pages[index] is { Used: CellsPerPage }) index++;
            _firstWithRoom = index;
            if (index == _pages.Count) _pages.Add(null);
            var page = _pages[index] ??= new Page(CellsPerPage * cellSize);

            var word = page.Taken[0] != ulong.MaxValue ? 0 : 1;
            var bit = System.Numerics.BitOperations.TrailingZeroCount(~page.Taken[word]);
            page.Taken[word] |= 1UL << bit;
            page.Used++;
            return index * CellsPerPage + word * 64 + bit;
        }

        public void Give(int cell)
        {
            var index = cell / CellsPerPage;
            var page = _pages[index]!;
            page.Taken[cell % CellsPerPage / 64] &= ~(1UL << (cell % 64));
            if (index < _firstWithRoom) _firstWithRoom = index;
            if (--page.Used > 0 || index == 0) return;
            _pages[index] = null;
            PagesDropped++;
        }
    }

    private sealed class Page(int size)
    {
        public readonly byte[] Bytes = new byte[size];
        public readonly ulong[] Taken = new ulong[2];
        public int Used;
    }
}
