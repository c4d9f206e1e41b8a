using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Many threads change one union at once. Debug builds assert the order of locks meanwhile.</summary>
internal class StressTests
{
    private const int Threads = 6;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    private static readonly TestUnion.Form[] Forms = [TestUnion.Form.OfThisUser, TestUnion.Form.OrdinaryUser, TestUnion.Form.MarkedWhiteouts];

    [TestCaseSource(nameof(Forms))]
    public void A_parallel_mix_of_changes_leaves_a_whole_union_and_whole_layers(TestUnion.Form form)
    {
        if (form.IsOrdinaryUser) OrdinaryUser.Run(() => Mix(form)); // its threads have its rights
        else Mix(form);
    }

    private static void Mix(TestUnion.Form form)
    {
        using var union = new TestUnion(5, form);
        for (var layer = 1; layer <= 5; layer++)
        {
            var items = from d in Enumerable.Range(0, 4) from f in Enumerable.Range(0, 6) select $"d{d}/s{f % 2}/f{f} = \"layer {layer} file {f}\"  d{d}/g{f} = \"{layer}\"";
            union.With($"lower{layer}", string.Join("  ", items));
        }
        union.With("lower3", "d0/link is d0/g0  d1/link is d0/g1  d3/g7 = \"several names\"  d2/g6 is d3/g7  d1/g7 is d3/g7  d0/g6 is d3/g7").Open();
        var failures = new List<string>();
        var locks = Enumerable.Range(0, 4).Select(_ => new Lock()).ToArray();
        var renames = new Lock();

        using var listener = new FailingListener(failures);
        var end = Environment.TickCount64 + (long)Duration.TotalMilliseconds;
        var threads = Enumerable.Range(0, Threads).Select(number => new Thread(() =>
        {
            try
            {
                var random = new Random(number * 7919);
                var kernel = new Kernel(union.Union, keeps: number % 2 == 0) { Delay = number / 2 % 3 };
                for (var i = 0; Environment.TickCount64 < end; i++)
                {
                    Step(kernel, random, locks, renames, failures);
                    if (kernel.Known > 500) kernel.ForgetAll();
                }
                kernel.ForgetAll();
            }
            catch (Exception e)
            {
                lock (failures) failures.Add(e.ToString());
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        Assert.That(threads.TrueForAll(t => t.Join(TimeSpan.FromSeconds(40))), Is.True, "a thread hangs");
        Assert.That(failures, Is.Empty);

        var before = LayerText.Describe(union.Kernel);
        union.Kernel.ForgetAll();
        Assert.That(union.Union.KnownNodes, Is.EqualTo(1), "nodes known after all is forgotten");
        Assert.That(union.Leftovers(), Is.Empty);
        union.Close();
        union.Open();
        Assert.That(LayerText.Describe(union.Kernel), Is.EqualTo(before), "after the next mount");
        Assert.That(union.Lowers(), Is.EqualTo(union.LowersBefore));
    }

    // As the kernel: changes of one directory come one by one (here: of one of four), lookups, reads, writes and listings whenever.
    private static void Step(Kernel kernel, Random random, Lock[] locks, Lock renames, List<string> failures)
    {
        var d = random.Next(4);
        var file = $"d{d}/{(random.Next(2) == 0 ? $"g{random.Next(8)}" : $"s{random.Next(2)}/f{random.Next(6)}")}";
        var error = Errno.None;
        var what = random.Next(12);
        switch (what)
        {
            case 0: lock (locks[d]) error = kernel.Remove(file, false); break;
            case 1: lock (locks[d]) error = kernel.Create(file, Encoding.UTF8.GetBytes($"new {random.Next()}")); break;
            case 2: error = kernel.Write(file, "written over"u8); break;
            case 3: error = kernel.Chmod(file, random.Next(2) == 0 ? 0x1C0u : 0x100u); break; // 0400: an ordinary user's daemon must widen it to write
            case 4: error = kernel.Read(file, out _, alone: false); break;
            case 5: error = kernel.List($"d{d}", out _, plus: random.Next(2) == 0); break;
            case 6: error = kernel.Truncate(file, random.Next(20)); break;
            case 7: lock (locks[d]) error = kernel.Link(file, $"d{d}/g{random.Next(8)}"); break;
            case 8:
                var e = random.Next(4);
                lock (renames)
                    lock (locks[Math.Min(d, e)])
                        lock (locks[Math.Max(d, e)]) error = kernel.Rename(file, $"d{e}/g{random.Next(8)}", (RenameFlags)random.Next(3));
                break;
            case 9:
                lock (locks[d]) error = kernel.Rename($"d{d}/s{random.Next(2)}", $"d{d}/s{random.Next(2)}", RenameFlags.Exchange);
                break;
            case 10: error = kernel.SetXattr(file, "user.x"u8, "1"u8); break;
            case 11: error = kernel.Find(file, out _); break;
        }

        // What another thread may have taken away, or put there, in the meantime.
        if (error is Errno.None or Errno.NOENT or Errno.EXIST or Errno.NOTEMPTY or Errno.ISDIR or Errno.NOTDIR or Errno.INVAL) return;
        if (error == Errno.ACCES && what == 10) return; // a user's attribute needs the right to write
        lock (failures) failures.Add($"{what} {file}: {error}");
    }

    /// <summary>Turns a failed Debug.Assert into a failure of the test.</summary>
    private sealed class FailingListener : System.Diagnostics.TraceListener
    {
        private readonly List<string> _failures;

        public FailingListener(List<string> failures)
        {
            _failures = failures;
            System.Diagnostics.Trace.Listeners.Insert(0, this);
        }

        public override void Fail(string? message, string? detailMessage) => Throw(message);

        public override void Fail(string? message) => Throw(message);

        public override void Write(string? message)
        {
        }

        public override void WriteLine(string? message)
        {
        }

        protected override void Dispose(bool disposing) => System.Diagnostics.Trace.Listeners.Remove(this);

        private void Throw(string? message)
        {
            lock (_failures) _failures.Add($"{message}\n{Environment.StackTrace}");
            throw new InvalidOperationException(message);
        }
    }
}
