using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class BlockBitsTests
{
    [Test]
    public void Any_sets_and_questions_are_those_of_an_array([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var blocks = 1 + random.Next(300);
        var bits = new BlockBits(blocks);
        var model = new bool[blocks];
        for (var round = 0; round < 30; round++)
        {
            var first = random.Next(blocks);
            var end = first + 1 + random.Next(blocks - first);
            var words = new ulong[8];
            var count = bits.WordsWith(first, end, words, out var at);
            bits.Set(first, end);
            Array.Fill(model, true, first, end - first);
            for (var i = 0; i < count; i++) Assert.That(words[i], Is.EqualTo(BitConverter.ToUInt64(bits.Bytes[((at + i) * 8)..])));
            for (var block = 0; block < blocks; block++) Assert.That(bits.Has(block), Is.EqualTo(model[block]), $"{block}");
            var from = random.Next(blocks);
            var to = from + random.Next(blocks - from + 1);
            Assert.That(bits.Next(from, to, isSet: true), Is.EqualTo(Next(model, from, to, true)));
            Assert.That(bits.Next(from, to, isSet: false), Is.EqualTo(Next(model, from, to, false)));
            Assert.That(bits.Count(), Is.EqualTo(model.Count(set => set)));
        }
    }

    private static int Next(bool[] model, int from, int to, bool set)
    {
        while (from < to && model[from] != set) from++;
        return from;
    }
}
