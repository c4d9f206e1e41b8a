namespace OverlayFuse.Conformance;

/// <summary>Files without a name: O_TMPFILE, and those unlinked while they are open.</summary>
internal static class NamelessCases
{
    public static Case[] Temporary => OfFamily("tmpfile",
        Anyone("it has no name and no link", [], () =>
        {
            var fd = Open(".", O_TMPFILE | O_RDWR, 640).Ok();
            Same((0u, 640, FileType.Regular), (FStat(fd).LinkCount, Digits(FStat(fd).Mode), FStat(fd).Type));
            Same("", NamesIn());
        }),
        Anyone("it is written and read", [], () =>
        {
            var fd = Open(".", O_TMPFILE | O_RDWR).Ok();
            Write(fd, "text").Gives(4);
            Same(("text", 4ul), (TextAt(fd, 0), FStat(fd).Size));
        }),
        Anyone("it gets a name", [], () =>
        {
            var fd = Open(".", O_TMPFILE | O_RDWR).Ok();
            Write(fd, "text").Gives(4);
            LinkFile(fd, "f").Ok();
            Same(("text", 1u), (TextOf("f"), LinksOf("f")));
            PWrite(fd, "T", 0).Gives(1);
            Same("Text", TextOf("f"));
        }),
        Anyone("it gets a name that was removed", [AFile("f", "old")], () =>
        {
            Unlink("f").Ok();
            var fd = Open(".", O_TMPFILE | O_RDWR).Ok();
            Write(fd, "new").Gives(3);
            LinkFile(fd, "f").Ok();
            Same("new", TextOf("f"));
        }),
        Anyone("a name that is there is EEXIST", [AFile("f", "old")], () =>
        {
            LinkFile(Open(".", O_TMPFILE | O_RDWR).Ok(), "f").Is(EXIST);
            Same("old", TextOf("f"));
        }),
        Anyone("it gets two names", [ADirectory("d")], () =>
        {
            var fd = Open(".", O_TMPFILE | O_RDWR).Ok();
            LinkFile(fd, "a").Ok();
            LinkFile(fd, "d/b").Ok();
            Same((2u, 2u), (LinksOf("a"), FStat(fd).LinkCount));
        }),
        Anyone("O_EXCL lets it never have a name: ENOENT", [], () => LinkFile(Open(".", O_TMPFILE | O_RDWR | O_EXCL).Ok(), "f").Is(NOENT)),
        Anyone("for reading only is EINVAL", [], () => TryOpen(".", O_TMPFILE | O_RDONLY).Is(INVAL)),
        Anyone("in a file is ENOTDIR", [AFile("f")], () => TryOpen("f", O_TMPFILE | O_RDWR).Is(NOTDIR)),
        Anyone("in what is not there is ENOENT", [], () => TryOpen("x", O_TMPFILE | O_RDWR).Is(NOENT)),
        Ordinary("in a directory that may not be written is EACCES", [ADirectory("d", 555)], () => TryOpen("d", O_TMPFILE | O_RDWR).Is(ACCES)),
        Anyone("the umask holds", [], () => WithUmask(77, () => Same(600, Digits(FStat(Open(".", O_TMPFILE | O_RDWR, 666).Ok()).Mode)))),
        Anyone("the times of the directory stay", [ADirectory("d")], () => Moves("d", "", () => TryOpen("d", O_TMPFILE | O_RDWR).Ok()))
            .Differs(Engine.Ours | Engine.Kernel, "saw 'c'", "overlayfs copies the directory up, and nobody can set a time of change", Origin.Below),
        Root("it has the group of a setgid directory", [ADirectory("d", 2777).OwnedBy(Bob, Staff)], () => As(Alice, () =>
        {
            var status = FStat(Open("d", O_TMPFILE | O_RDWR).Ok());
            Same((Alice, Staff), (status.Uid, status.Gid));
        })),
        Anyone("mode, owner, times and attributes are kept by its name", [], () =>
        {
            var fd = Open(".", O_TMPFILE | O_RDWR).Ok();
            FChmod(fd, 4711).Ok();
            FSetXattr(fd, "user.a", "1").Ok();
            FUtimens(fd, Older, Old).Ok();
            LinkFile(fd, "f").Ok();
            Same((4711, "1", Old), (ModeOf("f"), XattrOf("f", "user.a"), LStat("f").ModifyTime));
        }));

    public static Case[] Unlinked => OfFamily("unlinked open files",
        Anyone("no link is left", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            Unlink("f").Ok();
            Same(0u, FStat(fd).LinkCount);
        }).Differs(Engine.Kernel, "FStat(fd).LinkCount: expected 0", "kernel overlayfs gives the link count of the lower object, which keeps its name", Origin.Below),
        Anyone("it is read as before", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            Unlink("f").Ok();
            Same("text", TextAt(fd, 0));
        }),
        Anyone("it is written", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Unlink("f").Ok();
            PWrite(fd, "new!", 2).Gives(4);
            Same(("tenew!", 6ul), (TextAt(fd, 0), FStat(fd).Size));
            FSync(fd).Ok();
        }),
        Anyone("another descriptor sees what is written", [AFile("f", "text")], () =>
        {
            int reader = Open("f", O_RDONLY).Ok(), writer = Open("f", O_WRONLY).Ok();
            Unlink("f").Ok();
            PWrite(writer, "T", 0).Gives(1);
            Same("Text", TextAt(reader, 0));
        }),
        Anyone("it keeps its inode number", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            var before = FStat(fd).Inode;
            Unlink("f").Ok();
            Write(fd, "x").Gives(1);
            Same(before, FStat(fd).Inode);
        }),
        Anyone("it is copied to another file", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            Unlink("f").Ok();
            var copy = Open("f", O_RDWR | O_CREAT | O_EXCL).Ok();
            CopyFileRange(fd, 0, copy, 0, 4).Gives(4);
            Same("text", TextOf("f"));
        }),
        Anyone("a file that was replaced is read and written", [AFile("f", "old"), AFile("g", "new")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Rename("g", "f").Ok();
            PWrite(fd, "O", 0).Gives(1);
            Same(("Old", "new"), (TextAt(fd, 0), TextOf("f")));
        }),
        Anyone("a file written before it lost its name keeps its bytes", [], () =>
        {
            var fd = Open("f", O_RDWR | O_CREAT).Ok();
            Write(fd, "text").Gives(4);
            Unlink("f").Ok();
            FSync(fd).Ok();
            Same("text", TextAt(fd, 0));
        }),
        Anyone("it cannot be opened again by its name", [AFile("f")], () =>
        {
            _ = Open("f", O_RDONLY).Ok();
            Unlink("f").Ok();
            TryOpen("f", O_RDONLY).Is(NOENT);
        }),
        Anyone("it is opened again by its descriptor", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            Unlink("f").Ok();
            Same("text", TextAt(Open($"/proc/thread-self/fd/{fd}", O_RDONLY).Ok(), 0));
        }),
        Anyone("a second name that is unlinked too", [AFile("a", "text"), AHardLink("b", "a")], () =>
        {
            var fd = Open("a", O_RDWR).Ok();
            Unlink("a").Ok();
            Same(1u, FStat(fd).LinkCount);
            Unlink("b").Ok();
            Same(0u, FStat(fd).LinkCount);
            PWrite(fd, "T", 0).Gives(1);
            Same("Text", TextAt(fd, 0));
        }),
        Anyone("its directory is removed after it", [ADirectory("d"), AFile("d/f", "text")], () =>
        {
            var fd = Open("d/f", O_RDWR).Ok();
            Unlink("d/f").Ok();
            Rmdir("d").Ok();
            PWrite(fd, "T", 0).Gives(1);
            Same("Text", TextAt(fd, 0));
        }));
}
