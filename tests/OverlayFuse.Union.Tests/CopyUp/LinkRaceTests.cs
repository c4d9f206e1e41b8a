using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Files with several names, looked at and looked up while they come up.</summary>
internal class LinkRaceTests
{
    private const int Names = 24;
    private const int Files = 40;

    [Test]
    public void The_link_count_is_the_same_while_the_names_get_their_links()
    {
        using var union = Open();
        var reader = new Kernel(union.Union, keeps: true);
        using var isOver = new ManualResetEventSlim();
        var wrong = new HashSet<string>();
        var current = 0;
        var thread = new Thread(() =>
        {
            while (!isOver.IsSet)
            {
                var error = reader.Find($"d0/f{Volatile.Read(ref current)}", out var entry);
                if (error != Errno.None || entry.Attributes.LinkCount != Names) wrong.Add($"{error} {entry.Attributes.LinkCount}");
            }
        });
        thread.Start();
        for (var file = 0; file < Files; file++)
        {
            Volatile.Write(ref current, file);
            for (var d = 0; d < Names; d++) Assert.That(union.Kernel.Find($"d{d}/f{file}", out _), Is.EqualTo(Errno.None));
            Assert.That(union.Kernel.Chmod($"d0/f{file}", 0x180), Is.EqualTo(Errno.None));
        }
        isOver.Set();
        Assert.That(thread.Join(TimeSpan.FromSeconds(30)), Is.True);
        reader.ForgetAll();
        Assert.That(wrong, Is.Empty);
    }

    // Its directory is not in the upper, so the copy cannot be published there.
    [Test]
    public void A_name_found_while_the_file_comes_up_does_not_stop_it()
    {
        using var union = Open();
        var finder = new Kernel(union.Union, keeps: true);
        for (var file = 0; file < Files; file++)
        {
            Assert.That(union.Kernel.Find($"d0/f{file}", out _), Is.EqualTo(Errno.None));
            using var isAsked = new ManualResetEventSlim();
            var name = $"d{1 + (file % (Names - 1))}/f{file}";
            var found = Errno.None;
            var thread = new Thread(() =>
            {
                isAsked.Wait();
                found = finder.Find(name, out _);
            });
            thread.Start();
            isAsked.Set();
            Assert.That(union.Kernel.Write($"d0/f{file}", "new"u8), Is.EqualTo(Errno.None), name);
            Assert.That(thread.Join(TimeSpan.FromSeconds(30)), Is.True);
            Assert.That(found, Is.EqualTo(Errno.None));
            Assert.That(finder.Read(name, out var bytes), Is.EqualTo(Errno.None));
            Assert.That(System.Text.Encoding.UTF8.GetString(bytes), Is.EqualTo("new"), name);
        }
        finder.ForgetAll();
    }

    private static TestUnion Open()
    {
        var files = from f in Enumerable.Range(0, Files) select $"d0/f{f} = \"old\"";
        var names = from d in Enumerable.Range(1, Names - 1) from f in Enumerable.Range(0, Files) select $"d{d}/f{f} is d0/f{f}";
        return new TestUnion(1).With("lower1", string.Join("  ", files.Concat(names))).Open();
    }
}
