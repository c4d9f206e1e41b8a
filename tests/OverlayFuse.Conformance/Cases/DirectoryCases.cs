namespace OverlayFuse.Conformance;

/// <summary>getdents64(2), seekdir(3), rewinddir(3), also while names come and go; link counts and inode numbers.</summary>
internal static class DirectoryCases
{
    private const int Many = 300;
    private const string MergedCount = "kernel overlayfs and we give a merged directory 1, which find(1) and fts(3) read as not known: the number would cost a listing";
    private const int SmallBuffer = 512; // a few entries at a time

    public static Case[] Listings => OfFamily("readdir",
        Anyone("all names are there once", [AFile("a"), ADirectory("b"), ASymlink("c", "x"), AFifo("d")], () => Same("a b c d", NamesIn())),
        Anyone("dot and dot-dot are there", [ADirectory("d")], () =>
        {
            var entries = ReadAll(Open("d", O_RDONLY).Ok());
            Same(LStat("d").Inode, entries.Single(entry => entry.Name == ".").Inode);
            Same(LStat(".").Inode, entries.Single(entry => entry.Name == "..").Inode);
        }),
        Anyone("types are told", [AFile("a"), ADirectory("b"), ASymlink("c", "x"), AFifo("d"), ASocket("e")], () =>
        {
            foreach (var entry in ReadAll(Open(".", O_RDONLY).Ok()).Where(entry => entry.Name is not ".."))
                Same(entry.Name == "." ? FileType.Directory : TypeOf(entry.Name), entry.Type);
        }),
        Anyone("inode numbers are those of stat", [AFile("a"), ADirectory("b"), ASymlink("c", "x"), AFile("d"), AHardLink("e", "d")], () =>
        {
            foreach (var entry in ReadAll(Open(".", O_RDONLY).Ok()).Where(entry => entry.Name is not ("." or "..")))
                Same(LStat(entry.Name).Inode, entry.Inode, entry.Name);
        }),
        Anyone("inode numbers are those of stat after changes too", [AFile("a", "text"), ADirectory("b"), AFile("d"), AHardLink("e", "d")], () =>
        {
            Chmod("a", 600).Ok();
            WriteFile("d", "new");
            Mkdir("b/c").Ok();
            Rename("a", "z").Ok();
            foreach (var entry in ReadAll(Open(".", O_RDONLY).Ok()).Where(entry => entry.Name is not ("." or "..")))
                Same(LStat(entry.Name).Inode, entry.Inode, entry.Name);
        }),
        Anyone("names are told without the right to search", [ADirectory("d", 400), AFile("d/a"), ADirectory("d/b"), ADirectory("e", 600), ASymlink("e/c", "x")], () =>
        {
            Same("a b", NamesIn("d"));
            Same("c", NamesIn("e"));
            Same(FileType.Directory, ReadAll(Open("d", O_RDONLY).Ok()).Single(entry => entry.Name == "b").Type);
        }),
        Anyone("names are told without the right to search after changes too", [ADirectory("d"), AFile("d/a"), AFile("d/b"), AFile("d/c")], () =>
        {
            Unlink("d/a").Ok();
            Create("d/e");
            Chmod("d", 400).Ok();
            Same("b c e", NamesIn("d"));
        }),
        Anyone("the right to search makes what is listed reachable", [ADirectory("d", 600), AFile("d/f", "text")], () =>
        {
            Chmod("d", 700).Ok();
            Same("f", NamesIn("d"));
            Same("text", TextOf("d/f"));
        }).Differs(Engine.User, "saw ACCES", "a FUSE daemon with its user's rights has no more of them in a lower layer, whatever the copy of the directory allows", Origin.Below),
        Anyone("fsync takes a directory that one may not search", [ADirectory("d", 400), AFile("d/f")], () => FSync(Open("d", O_RDONLY).Ok()).Ok()),
        Anyone("an empty directory has only the dots", [ADirectory("d")], () => Same("", NamesIn("d"))),
        Anyone("a removed name is gone, a new one there", [AFile("a"), AFile("b"), AFile("c")], () =>
        {
            Same("a b c", NamesIn());
            Unlink("b").Ok();
            Create("d");
            Rename("a", "e").Ok();
            Same("c d e", NamesIn());
        }),
        Anyone("many names in small pieces are there once each", [ADirectory("d")], () =>
        {
            for (var i = 0; i < Many; i++) Create($"d/file{i:000}");
            var names = ReadAll(Open("d", O_RDONLY).Ok(), SmallBuffer).Select(entry => entry.Name).ToList();
            Same((Many + 2, Many + 2), (names.Count, names.Distinct().Count()));
        }),
        Anyone("a directory is read again after going back to its beginning", [AFile("a"), AFile("b")], () =>
        {
            var fd = Open(".", O_RDONLY).Ok();
            Same("a b", Names(ReadAll(fd)));
            LSeek(fd, 0, SEEK_SET).Gives(0);
            Same("a b", Names(ReadAll(fd)));
        }),
        Anyone("going back to the beginning shows new names", [AFile("a")], () =>
        {
            var fd = Open(".", O_RDONLY).Ok();
            _ = ReadAll(fd);
            Create("b");
            LSeek(fd, 0, SEEK_SET).Gives(0);
            Same("a b", Names(ReadAll(fd)));
        }),
        Anyone("going back to the beginning hides removed names", [AFile("a"), AFile("b")], () =>
        {
            var fd = Open(".", O_RDONLY).Ok();
            _ = ReadAll(fd);
            Unlink("a").Ok();
            LSeek(fd, 0, SEEK_SET).Gives(0);
            Same("b", Names(ReadAll(fd)));
        }),
        Anyone("each position leads to what stood behind it", [AFile("a"), AFile("b"), AFile("c"), ADirectory("d"), ASymlink("e", "x")], () =>
        {
            var fd = Open(".", O_RDONLY).Ok();
            var all = ReadAll(fd);
            for (var i = 0; i < all.Count - 1; i++)
            {
                LSeek(fd, all[i].Next, SEEK_SET).Is(None);
                Same(string.Join(' ', all.Skip(i + 1).Select(entry => entry.Name)), string.Join(' ', ReadAll(fd).Select(entry => entry.Name)));
            }
        }),
        Anyone("positions hold while other names are removed", [ADirectory("d")], () =>
        {
            for (var i = 0; i < 50; i++) Create($"d/{i:00}");
            var fd = Open("d", O_RDONLY).Ok();
            var all = ReadAll(fd);
            var middle = all[25];
            foreach (var entry in all.Take(25).Where(entry => entry.Name is not ("." or ".."))) Unlink("d/" + entry.Name).Ok();
            LSeek(fd, middle.Next, SEEK_SET).Is(None);
            Same(Names(all.Skip(26)), Names(ReadAll(fd)));
        }),
        Anyone("what stays is listed once while everything else is removed", [ADirectory("d")], () =>
        {
            for (var i = 0; i < 100; i++) Create($"d/{(i % 2 == 0 ? "stays" : "goes")}{i:00}");
            var seen = new List<string>();
            var fd = Open("d", O_RDONLY).Ok();
            while (true)
            {
                GetDents(fd, out var entries, SmallBuffer).Is(None);
                if (entries.Count == 0) break;
                seen.AddRange(entries.Select(entry => entry.Name));
                foreach (var entry in entries.Where(entry => entry.Name.StartsWith("goes", StringComparison.Ordinal))) Unlink("d/" + entry.Name).Ok();
            }
            Same((50, 50), (seen.Count(name => name.StartsWith("stays", StringComparison.Ordinal)), seen.Distinct().Count(name => name.StartsWith("stays", StringComparison.Ordinal))));
        }),
        Anyone("a tree is removed while it is listed", [ADirectory("d")], () =>
        {
            for (var i = 0; i < 100; i++) Create($"d/{i}");
            var fd = Open("d", O_RDONLY).Ok();
            while (true)
            {
                GetDents(fd, out var entries, SmallBuffer).Is(None);
                if (entries.Count == 0) break;
                foreach (var entry in entries.Where(entry => entry.Name is not ("." or ".."))) Unlink("d/" + entry.Name).Ok();
            }
            Rmdir("d").Ok();
        }),
        Anyone("what stays is listed once while names are made", [ADirectory("d")], () =>
        {
            for (var i = 0; i < 60; i++) Create($"d/old{i:00}");
            var seen = new List<string>();
            var fd = Open("d", O_RDONLY).Ok();
            for (var round = 0; ; round++)
            {
                GetDents(fd, out var entries, SmallBuffer).Is(None);
                if (entries.Count == 0) break;
                seen.AddRange(entries.Select(entry => entry.Name));
                if (round < 20) Create($"d/new{round:00}");
            }
            Same(60, seen.Count(name => name.StartsWith("old", StringComparison.Ordinal)));
            Same(seen.Count, seen.Distinct().Count());
        }),
        Anyone("two open directories are read independently", [AFile("a"), AFile("b")], () =>
        {
            int one = Open(".", O_RDONLY).Ok(), two = Open(".", O_RDONLY).Ok();
            _ = ReadAll(one);
            Same("a b", Names(ReadAll(two)));
        }),
        Anyone("a buffer too small for an entry is EINVAL", [AFile("a")], () => GetDents(Open(".", O_RDONLY).Ok(), out _, 8).Is(INVAL)),
        Anyone("a file is ENOTDIR", [AFile("f")], () => GetDents(Open("f", O_RDONLY).Ok(), out _).Is(NOTDIR)),
        Anyone("no descriptor is EBADF", [], () => GetDents(-1, out _).Is(BADF)),
        Anyone("names of 255 bytes are listed", [], () =>
        {
            Create(new string('a', NAME_MAX));
            Create(new string('b', NAME_MAX));
            Same(NAME_MAX * 2 + 1, NamesIn().Length);
        }),
        Anyone("a moved directory is listed as before", [ADirectory("d"), AFile("d/a"), AFile("d/b")], () =>
        {
            var fd = Open("d", O_RDONLY).Ok();
            Rename("d", "e").Ok();
            Same(("a b", "a b"), (Names(ReadAll(fd)), NamesIn("e")));
        }),
        Anyone("fsync of a directory", [ADirectory("d")], () =>
        {
            Create("d/f");
            FSync(Open("d", O_RDONLY).Ok()).Ok();
        }));

    public static Case[] Numbers => OfFamily("inode numbers",
        Anyone("one stays through a change of bytes", [AFile("f", "text")], () => Stays("f", () => WriteFile("f", "new"))),
        Anyone("one stays through a change of mode", [AFile("f", "text")], () => Stays("f", () => Chmod("f", 600).Ok())),
        Anyone("a directory's stays when a name is made in it", [ADirectory("d")], () => Stays("d", () => Create("d/f"))),
        Anyone("a link's stays when it gets a second name", [ASymlink("l", "x")], () => Stays("l", () => Link("l", "m").Ok())),
        Anyone("a FIFO's stays through a change of mode", [AFifo("p")], () => Stays("p", () => Chmod("p", 600).Ok())),
        Anyone("one is the same by descriptor and by name", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Write(fd, "x").Gives(1);
            Same(LStat("f").Inode, FStat(fd).Inode);
        }),
        Anyone("two files have two", [AFile("a"), AFile("b"), ADirectory("d"), AFile("d/c")], () =>
            Same(5, new[] { ".", "a", "b", "d", "d/c" }.Select(name => LStat(name).Inode).Distinct().Count())),
        Anyone("all objects are of one device", [AFile("a"), ADirectory("d"), AFile("d/c")], () =>
        {
            Create("new");
            Same(1, new[] { ".", "a", "d", "d/c", "new" }.Select(name => LStat(name).Device).Distinct().Count());
        }));

    public static Case[] Links => OfFamily("link counts",
        Anyone("a directory has one more for each directory in it", [ADirectory("d"), ADirectory("d/a"), AFile("d/f")], () =>
        {
            Same(3u, LinksOf("d"));
            Mkdir("d/b").Ok();
            Same(4u, LinksOf("d"));
            Rmdir("d/a").Ok();
            Same(3u, LinksOf("d"));
        }).Differs(Engine.Ours | Engine.Kernel, "expected 4, saw 1", MergedCount, Origin.Lower).Differs(Engine.Ours | Engine.Kernel, "expected 3, saw 1", MergedCount, Origin.Merged),
        Anyone("a directory that moves takes its link along", [ADirectory("d"), ADirectory("d/a"), ADirectory("e")], () =>
        {
            Rename("d/a", "e/a").Ok();
            Same((2u, 3u), (LinksOf("d"), LinksOf("e")));
        }).Differs(Engine.Ours | Engine.Kernel, "saw (1, 1)", MergedCount, Origin.Below),
        Anyone("a directory that replaces one leaves the count", [ADirectory("d"), ADirectory("d/a"), ADirectory("d/b")], () =>
        {
            Rename("d/a", "d/b").Ok();
            Same(3u, LinksOf("d"));
        }).Differs(Engine.Ours | Engine.Kernel, "saw 1", MergedCount, Origin.Below),
        Anyone("files do not count", [ADirectory("d"), AFile("d/f")], () =>
        {
            Create("d/g");
            Same(2u, LinksOf("d"));
        }).Differs(Engine.Ours | Engine.Kernel, "saw 1", MergedCount, Origin.Below),
        Anyone("a hundred names", [AFile("f")], () =>
        {
            for (var i = 0; i < 100; i++) Link("f", $"n{i}").Ok();
            Same(101u, LinksOf("f"));
            for (var i = 0; i < 100; i++) Unlink($"n{i}").Ok();
            Same(1u, LinksOf("f"));
        }));

    private static void Stays(string path, Action change)
    {
        var before = LStat(path).Inode;
        change();
        Same(before, LStat(path).Inode);
    }
}
