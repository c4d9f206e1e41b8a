using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Where no descriptor can be had for a moment, what was asked for fails and nothing else: the next time all is as it should be.</summary>
internal class WantTests
{
    [TestCase("upper")]
    [TestCase("lower1")]
    public void A_metacopy_whose_bytes_could_not_be_looked_for_is_neither_broken_nor_empty(string layer)
    {
        using var union = new TestUnion(2).With("lower2", "d/e/data = \"bytes\"").With(layer, "f metacopy(5) redirect=\"/d/e/data\"").Open();
        using (SyscallSeam.Watch(new Wanting())) Assert.That(union.Kernel.Read("f", out _), Is.EqualTo(Errno.MFILE));
        Assert.That((union.Kernel.Read("f", out var bytes), Encoding.UTF8.GetString(bytes)), Is.EqualTo((Errno.None, "bytes")));
    }

    [Test]
    public void A_partial_file_that_cannot_be_opened_is_not_broken()
    {
        using var union = new PartialUnion(new byte[50_000], options => (options.Settle, options.Immutable) = (SettlePolicy.Never, true));
        Assert.That(union.Write(5, "new"u8), Is.EqualTo(Errno.None));
        var buffer = new byte[8];
        for (var number = 0; ; number++)
        {
            union.Union.Unmount();
            union.Union.Mount();
            var node = union.Node;
            var wanting = new Wanting { From = number };
            Errno error;
            using (SyscallSeam.Watch(wanting)) error = union.Kernel.Union.Read(union.Kernel.Request, node, 0, 0, buffer, out _);
            Assert.That(error, Is.EqualTo(wanting.Count > number ? Errno.MFILE : Errno.None), $"the opening {number}");
            Assert.That(union.Bytes().AsSpan(5, 3).ToArray(), Is.EqualTo("new"u8.ToArray()));
            if (wanting.Count <= number) break;
        }
    }

    // Nothing can be opened, from one call on.
    private sealed class Wanting : ISyscallWatcher
    {
        public int From { get; init; }

        public int Count { get; private set; }

        public Errno Before(in WatchedCall call) => call.Call == SyscallName.Open && Count++ >= From ? Errno.MFILE : Errno.None;
    }
}
