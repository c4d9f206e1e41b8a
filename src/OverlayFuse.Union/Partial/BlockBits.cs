using System.Numerics;
using System.Runtime.InteropServices;

namespace OverlayFuse.Union;

/// <summary>One bit a block. Bits are only ever set, so that a copy of them which lags behind is a part of the truth. Read without a lock.</summary>
internal sealed class BlockBits(int blocks)
{
    private const int BitsOfWord = 64;

    private readonly ulong[] _words = new ulong[(blocks + BitsOfWord - 1) / BitsOfWord];

    public int Blocks => blocks;

    /// <summary>As they are in the file, 8 bytes for each 64 blocks.</summary>
    public Span<byte> Bytes => MemoryMarshal.AsBytes(_words.AsSpan());

    public bool Has(int block) => (Volatile.Read(ref _words[block / BitsOfWord]) >> block & 1) != 0;

    /// <summary>Whether all blocks from <paramref name="first"/> to before <paramref name="end"/> are set.</summary>
    public bool HasAll(int first, int end) => Next(first, end, isSet: false) == end;

    /// <summary>The first block from <paramref name="from"/> on that is set, or not; <paramref name="end"/> when none comes before it.</summary>
    public int Next(int from, int end, bool isSet)
    {
        while (from < end)
        {
            var word = Volatile.Read(ref _words[from / BitsOfWord]);
            if (!isSet) word = ~word;
            word &= ulong.MaxValue << (from % BitsOfWord);
            if (word != 0) return Math.Min(end, from / BitsOfWord * BitsOfWord + BitOperations.TrailingZeroCount(word));
            from = (from / BitsOfWord + 1) * BitsOfWord;
        }
        return end;
    }

    /// <summary>Sets the blocks from <paramref name="first"/> to before <paramref name="end"/>. The caller keeps other writers away.</summary>
    public void Set(int first, int end)
    {
        for (var index = first / BitsOfWord; index * BitsOfWord < end; index++) Volatile.Write(ref _words[index], _words[index] | Mask(index, first, end));
    }

    /// <summary>Writes the words of a range as they will be when it is set, and says which: so many from the first.</summary>
    public int WordsWith(int first, int end, Span<ulong> words, out int firstWord)
    {
        firstWord = first / BitsOfWord;
        var count = 0;
        for (var index = firstWord; index * BitsOfWord < end && count < words.Length; index++) words[count++] = _words[index] | Mask(index, first, end);
        return count;
    }

    public int Count()
    {
        var count = 0;
        foreach (var word in _words) count += BitOperations.PopCount(word);
        return count;
    }

    public void CopyFrom(BlockBits other) => other._words.CopyTo(_words, 0);

    /// <summary>Sets all that are set in a snapshot of other bits.</summary>
    public void Add(ReadOnlySpan<ulong> words)
    {
        for (var i = 0; i < words.Length; i++) Volatile.Write(ref _words[i], _words[i] | words[i]);
    }

    /// <summary>Copies what is set here and not there. False: nothing.</summary>
    public bool Except(BlockBits other, Span<ulong> words)
    {
        ulong any = 0;
        for (var i = 0; i < _words.Length; i++) any |= words[i] = Volatile.Read(ref _words[i]) & ~other._words[i];
        return any != 0;
    }

    public int Words => _words.Length;

    private static ulong Mask(int index, int first, int end)
    {
        var low = Math.Max(first - index * BitsOfWord, 0);
        var high = Math.Min(end - index * BitsOfWord, BitsOfWord);
        return (ulong.MaxValue << low) & (ulong.MaxValue >> (BitsOfWord - high));
    }
}
