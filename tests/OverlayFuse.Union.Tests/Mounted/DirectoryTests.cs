using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>What getdents64(2) gives of large merged directories, read in small pieces, with places kept and changes meanwhile.</summary>
[TestFixture("data=cached")]
[TestFixture("data=passthrough")]
public class DirectoryTests(string options)
{
    private const int Layers = 20;
    private const int Entries = 100_000;

    // Where the kernel has let go of its copy (somebody dropped all caches), the listing is read anew after each change.
    private const int PiecesPerChange = 16;
    private UnionMount _union = null!;

    [OneTimeSetUp]
    public void Mount()
    {
        if (Syscall.GetEUid() != 0 || !File.Exists("/dev/fuse")) Assert.Ignore("needs root and /dev/fuse");
        _union = new UnionMount(options, lowers: Layers, above: TestUnion.Above);
        for (var layer = 1; layer <= Layers; layer++)
        {
            Assert.That(Syscall.Open($"{_union.Home}/l{layer}", OpenFlags.ReadOnly | OpenFlags.Directory, out var fd), Is.EqualTo(Errno.None));
            Assert.That(Syscall.MkdirAt(new DirFd(fd.Number), "d"u8, 0x1ED), Is.EqualTo(Errno.None));
            // Each name in its layer, and some of the next one's too.
            for (var i = layer - 1; i < Entries; i += Layers)
            {
                Make(fd, i);
                if (i % 7 == 0 && i + 1 < Entries) Make(fd, i + 1);
            }
            fd.Close();
        }
        ((IUnion)_union).Mount(); // without a look at each of the files below

        static void Make(Fd layer, int number) =>
            Assert.That(Syscall.MknodAt(new DirFd(layer.Number), Encoding.ASCII.GetBytes($"d/{number:d6}"), (uint)FileType.Regular | 0x1A4, 0, 0), Is.EqualTo(Errno.None).Or.EqualTo(Errno.EXIST));
    }

    [OneTimeTearDown]
    public void Unmount() => _union?.Dispose();

    [Test, Order(1)]
    public void Entries_of_twenty_layers_come_once_each()
    {
        var names = Read(out _);
        Assert.That(names, Has.Count.EqualTo(Entries));
        Assert.That(names.Distinct().Count(), Is.EqualTo(Entries));
    }

    [Test, Order(2)]
    public void A_file_keeps_its_link_count_while_others_list_the_directory()
    {
        Directory.CreateDirectory($"{_union.Merged}/links/below");
        File.WriteAllText($"{_union.Merged}/links/a", "a");
        Assert.That(Syscall.Open($"{_union.Merged}/links", OpenFlags.ReadOnly | OpenFlags.Directory, out var fd), Is.EqualTo(Errno.None));
        var links = new DirFd(fd.Number);
        var isOver = false;
        var lister = new Thread(() =>
        {
            for (var i = 0; !Volatile.Read(ref isOver); i++)
            {
                _ = Directory.GetFiles($"{_union.Merged}/links");
                File.WriteAllText($"{_union.Merged}/links/other", ""); // the kernel's copy of the listing is out of date
                File.Delete($"{_union.Merged}/links/other");
            }
        });
        lister.Start();
        var errors = new List<Errno>();
        for (var i = 0; i < 3000; i++)
        {
            errors.Add(Syscall.LinkAt(links, "a"u8, links, "below/b"u8));
            errors.Add(Syscall.UnlinkAt(links, "below/b"u8));
        }
        Volatile.Write(ref isOver, true);
        lister.Join();
        Assert.That(errors.Where(error => error != Errno.None), Is.Empty);
        Assert.That(Syscall.StatAt(links, "a"u8, cached: false, out var status), Is.EqualTo(Errno.None));
        Assert.That(status.LinkCount, Is.EqualTo(1));
        fd.Close();
    }

    [Test, Order(2)]
    public void A_place_kept_is_found_again()
    {
        Assert.That(Syscall.OpenAt(_union.Root, "d"u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd), Is.EqualTo(Errno.None));
        var pieces = new List<(long Place, string First)>();
        var buffer = new byte[4096];
        while (true)
        {
            Assert.That(Syscall.LSeek(fd, 0, Whence.Current, out var place), Is.EqualTo(Errno.None));
            Assert.That(Syscall.GetDents(fd, buffer, out var length), Is.EqualTo(Errno.None));
            if (length == 0) break;
            pieces.Add((place, First(buffer.AsSpan(0, length))));
        }
        Assert.That(pieces, Has.Count.GreaterThan(500));
        foreach (var (place, first) in pieces.Where((_, i) => i % 50 == 3).Reverse())
        {
            Assert.That(Syscall.LSeek(fd, place, Whence.Set, out _), Is.EqualTo(Errno.None));
            Assert.That(Syscall.GetDents(fd, buffer, out var length), Is.EqualTo(Errno.None));
            Assert.That(First(buffer.AsSpan(0, length)), Is.EqualTo(first));
        }
        fd.Close();

        static string First(ReadOnlySpan<byte> piece)
        {
            var entries = new DirectoryEntries(piece);
            entries.MoveNext();
            return Encoding.ASCII.GetString(entries.Name);
        }
    }

    [Test, Order(3)]
    public void What_is_there_throughout_comes_once_while_others_come_and_go()
    {
        var names = Read(out var changed, change: piece =>
        {
            var gone = Encoding.ASCII.GetBytes($"d/{piece * 37 % Entries:d6}");
            Assert.That(Syscall.UnlinkAt(_union.Root, gone), Is.EqualTo(Errno.None).Or.EqualTo(Errno.NOENT));
            Assert.That(Syscall.MknodAt(_union.Root, Encoding.ASCII.GetBytes($"d/new{piece}"), (uint)FileType.Regular | 0x1A4, 0, 0), Is.EqualTo(Errno.None));
            return Encoding.ASCII.GetString(gone)[2..];
        });
        Assert.That(names.GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key), Is.Empty, "more than once");
        var missing = Enumerable.Range(0, Entries).Select(i => $"{i:d6}").Except(names).Except(changed).ToList();
        Assert.That(missing, Is.Empty, "not at all");
    }

    [Test, Order(4)]
    public void A_directory_that_was_rewound_shows_what_came_since()
    {
        Assert.That(Syscall.OpenAt(_union.Root, "d"u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd), Is.EqualTo(Errno.None));
        var buffer = new byte[4096];
        Assert.That(Syscall.GetDents(fd, buffer, out _), Is.EqualTo(Errno.None));
        Assert.That(Syscall.MknodAt(_union.Root, "d/since"u8, (uint)FileType.Regular | 0x1A4, 0, 0), Is.EqualTo(Errno.None));
        Assert.That(Syscall.LSeek(fd, 0, Whence.Set, out _), Is.EqualTo(Errno.None));
        Assert.That(ReadOn(fd, _ => { }), Does.Contain("since"));
        fd.Close();
    }

    [Test, Order(5)]
    public void Who_began_after_a_removal_does_not_see_the_name_whatever_others_read()
    {
        // The kernel closes its copy of a listing at the end of any pass, and goes on in it with those that are under way.
        Assert.That(Syscall.MkdirAt(_union.Root, "few"u8, 0x1ED), Is.EqualTo(Errno.None));
        for (var i = 0; i < 8; i++) Assert.That(Syscall.MknodAt(_union.Root, Encoding.ASCII.GetBytes($"few/{i}"), (uint)FileType.Regular | 0x1A4, 0, 0), Is.EqualTo(Errno.None));
        var older = OpenFew();
        var last = ReadOnce(older)[^1];
        Assert.That(Syscall.UnlinkAt(_union.Root, Encoding.ASCII.GetBytes($"few/{last}")), Is.EqualTo(Errno.None));

        var newer = OpenFew();
        var names = ReadOnce(newer);
        _ = ReadOn(older, _ => { });
        names.AddRange(ReadOn(newer, _ => { }));
        Assert.That(names, Has.Count.EqualTo(7).And.Not.Contains(last));
        newer.Close();
        older.Close();

        Fd OpenFew()
        {
            Assert.That(Syscall.OpenAt(_union.Root, "few"u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd), Is.EqualTo(Errno.None));
            return fd;
        }
    }

    private List<string> Read(out HashSet<string> changed, Func<int, string>? change = null)
    {
        Assert.That(Syscall.OpenAt(_union.Root, "d"u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var fd), Is.EqualTo(Errno.None));
        var touched = new HashSet<string>();
        var names = ReadOn(fd, piece =>
        {
            if (change is not null && piece % PiecesPerChange == 0) touched.Add(change(piece));
        });
        fd.Close();
        changed = touched;
        return [.. names.Where(n => change is not null || !n.StartsWith("new", StringComparison.Ordinal))];
    }

    private static List<string> ReadOn(Fd fd, Action<int> between)
    {
        var names = new List<string>();
        for (var piece = 0; ReadOnce(fd) is { Count: > 0 } some; piece++)
        {
            names.AddRange(some);
            between(piece);
        }
        return names;
    }

    // What one call gives, which is nothing at the end only.
    private static List<string> ReadOnce(Fd fd)
    {
        var names = new List<string>();
        var buffer = new byte[4096];
        Assert.That(Syscall.GetDents(fd, buffer, out var length), Is.EqualTo(Errno.None));
        var entries = new DirectoryEntries(buffer.AsSpan(0, length));
        while (entries.MoveNext())
        {
            if (!entries.IsDotOrDotDot) names.Add(Encoding.ASCII.GetString(entries.Name));
        }
        return names;
    }
}
