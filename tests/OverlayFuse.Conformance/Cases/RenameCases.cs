namespace OverlayFuse.Conformance;

/// <summary>rename(2), renameat2(2).</summary>
internal static class RenameCases
{
    public static Case[] All => OfFamily("rename",
        Anyone("a file has the new name and not the old", [AFile("a", "text")], () =>
        {
            Rename("a", "b").Ok();
            Same("b", NamesIn());
            Same("text", TextOf("b"));
            TryLStat("a").Is(NOENT);
        }),
        Anyone("a file stays the same object", [AFile("a", "text", 640)], () =>
        {
            var before = LStat("a");
            Rename("a", "b").Ok();
            Same(before.Inode, LStat("b").Inode);
            Same(640, ModeOf("b"));
            Same(before.ModifyTime, LStat("b").ModifyTime);
        }),
        Anyone("a file replaces a file", [AFile("a", "new"), AFile("b", "old")], () =>
        {
            Rename("a", "b").Ok();
            Same("b", NamesIn());
            Same("new", TextOf("b"));
        }),
        Anyone("a replaced file that is open has no links", [AFile("a", "new"), AFile("b", "old")], () =>
        {
            var old = Open("b", O_RDONLY).Ok();
            Rename("a", "b").Ok();
            Same(0u, FStat(old).LinkCount);
            Same("old", TextAt(old, 0));
        }).Differs(Engine.Kernel, "FStat(old).LinkCount: expected 0", "kernel overlayfs gives the link count of the lower object, which keeps its name", Origin.Below),
        Anyone("a replaced file's other name has a link less", [AFile("a"), AFile("b", "old"), AHardLink("c", "b")], () =>
        {
            Same(2u, LinksOf("c"));
            Rename("a", "b").Ok();
            Same(1u, LinksOf("c"));
            Same("old", TextOf("c"));
        }),
        Anyone("a file replaces a link, not its target", [AFile("a", "new"), AFile("f", "target"), ASymlink("l", "f")], () =>
        {
            Rename("a", "l").Ok();
            Same("new", TextOf("l"));
            Same("target", TextOf("f"));
        }),
        Anyone("a link is moved, not its target", [AFile("f", "target"), ASymlink("l", "f")], () =>
        {
            Rename("l", "m").Ok();
            Same("f m", NamesIn());
            Same(FileType.Symlink, TypeOf("m"));
        }),
        Anyone("a FIFO is moved", [AFifo("p", 640)], () =>
        {
            Rename("p", "q").Ok();
            Same((FileType.Fifo, 640), (TypeOf("q"), ModeOf("q")));
        }),
        Anyone("a socket replaces a FIFO", [ASocket("s"), AFifo("p")], () =>
        {
            Rename("s", "p").Ok();
            Same(FileType.Socket, TypeOf("p"));
        }),
        Root("a device is moved with its number", [ACharDevice("c", 1, 3)], () =>
        {
            Rename("c", "d").Ok();
            Same((1u, 3u), (LStat("d").RdevMajor, LStat("d").RdevMinor));
        }),
        Anyone("a directory takes its tree along", [ADirectory("d"), ADirectory("d/e"), AFile("d/e/f", "text"), AFile("d/g")], () =>
        {
            Rename("d", "x").Ok();
            Same("text", TextOf("x/e/f"));
            Same("e g", NamesIn("x"));
            Same("x", NamesIn());
        }),
        Anyone("a directory's old name made anew is empty", [ADirectory("d"), AFile("d/f")], () =>
        {
            Rename("d", "x").Ok();
            Mkdir("d").Ok();
            Same("", NamesIn("d"));
            Same("f", NamesIn("x"));
        }),
        Anyone("a directory stays the same object", [ADirectory("d", 711)], () =>
        {
            var before = LStat("d");
            Rename("d", "x").Ok();
            Same((before.Inode, 711), (LStat("x").Inode, ModeOf("x")));
        }),
        Anyone("a directory replaces an empty one", [ADirectory("d"), AFile("d/f"), ADirectory("e")], () =>
        {
            Rename("d", "e").Ok();
            Same("f", NamesIn("e"));
            Same("e", NamesIn());
        }),
        Anyone("a directory replaces one that was emptied", [ADirectory("d"), AFile("d/f"), ADirectory("e"), AFile("e/g")], () =>
        {
            Unlink("e/g").Ok();
            Rename("d", "e").Ok();
            Same("f", NamesIn("e"));
            TryLStat("e/g").Is(NOENT);
        }),
        Anyone("a directory over one that is not empty is ENOTEMPTY", [ADirectory("d"), ADirectory("e"), AFile("e/f")], () =>
        {
            Rename("d", "e").Is(NOTEMPTY, EXIST);
            Same("d e", NamesIn());
        }),
        Anyone("a directory over a file is ENOTDIR", [ADirectory("d"), AFile("f")], () => Rename("d", "f").Is(NOTDIR)),
        Anyone("a directory over a link to a directory is ENOTDIR", [ADirectory("d"), ADirectory("e"), ASymlink("l", "e")], () => Rename("d", "l").Is(NOTDIR)),
        Anyone("a file over a directory is EISDIR", [AFile("f"), ADirectory("d")], () => Rename("f", "d").Is(ISDIR)),
        Anyone("a link over a directory is EISDIR", [ASymlink("l", "x"), ADirectory("d")], () => Rename("l", "d").Is(ISDIR)),
        Anyone("a directory into itself is EINVAL", [ADirectory("d")], () => Rename("d", "d/e").Is(INVAL)),
        Anyone("a directory into its subtree is EINVAL", [ADirectory("d"), ADirectory("d/e")], () => Rename("d", "d/e/x").Is(INVAL)),
        Anyone("a directory over the one above it is ENOTEMPTY", [ADirectory("d"), ADirectory("d/e")], () => Rename("d/e", "d").Is(NOTEMPTY, EXIST)),
        Anyone("a file onto itself is nothing", [AFile("f", "text")], () => Moves("f", "", () => Rename("f", "f").Ok())),
        Anyone("a directory onto itself is nothing", [ADirectory("d"), AFile("d/f")], () =>
        {
            Rename("d", "d").Ok();
            Same("f", NamesIn("d"));
        }),
        Anyone("a name onto another of the same file leaves both", [AFile("a", "text"), AHardLink("b", "a")], () =>
        {
            Rename("a", "b").Ok();
            Same("a b", NamesIn());
            Same(2u, LinksOf("a"));
        }),
        Anyone("one of two names is moved", [AFile("a", "text"), AHardLink("b", "a")], () =>
        {
            Rename("a", "c").Ok();
            Same("b c", NamesIn());
            Same((2u, LStat("b").Inode), (LinksOf("c"), LStat("c").Inode));
        }),
        Anyone("a name that is not there is ENOENT", [], () => Rename("x", "y").Is(NOENT)),
        Anyone("into a directory that is not there is ENOENT", [AFile("f")], () => Rename("f", "x/f").Is(NOENT)),
        Anyone("an empty path is ENOENT", [AFile("f")], () =>
        {
            Rename("", "y").Is(NOENT);
            Rename("f", "").Is(NOENT);
        }),
        Anyone("a file on the way is ENOTDIR", [AFile("a"), AFile("b")], () =>
        {
            Rename("a/x", "y").Is(NOTDIR);
            Rename("a", "b/y").Is(NOTDIR);
        }),
        Anyone("a circle of links on the way is ELOOP", [AFile("f"), ASymlink("a", "a")], () =>
        {
            Rename("a/x", "y").Is(LOOP);
            Rename("f", "a/y").Is(LOOP);
        }),
        Anyone("a dot is EBUSY", [ADirectory("d")], () => Rename("d/.", "x").Is(BUSY, INVAL)),
        Anyone("two dots are EBUSY", [ADirectory("d")], () => Rename("d/..", "x").Is(BUSY, INVAL)),
        Anyone("onto a dot is EBUSY", [ADirectory("d"), ADirectory("e")], () => Rename("d", "e/.").Is(BUSY, INVAL)),
        Anyone("a file to a name with a slash behind is ENOTDIR", [AFile("f")], () => Rename("f", "x/").Is(NOTDIR)),
        Anyone("a directory to a name with a slash behind is moved", [ADirectory("d")], () => Rename("d/", "x/").Ok()),
        Anyone("the times of both directories move", [ADirectory("d"), AFile("d/f"), ADirectory("e")],
            () => Moves("d", "mc", () => Moves("e", "mc", () => Rename("d/f", "e/f").Ok()))),
        Anyone("the change time of the object moves", [AFile("f"), AHardLink("g", "f")], () => Moves("g", "c", () => Rename("f", "x").Ok())),
        Anyone("a directory moved to another one knows the one above", [ADirectory("d"), ADirectory("d/e"), ADirectory("x")], () =>
        {
            Rename("d/e", "x/e").Ok();
            Same(LStat("x").Inode, LStat("x/e/..").Inode);
        }),
        Ordinary("from a directory that may not be written is EACCES", [ADirectory("d", 555), AFile("d/f")], () => Rename("d/f", "f").Is(ACCES)),
        Ordinary("into a directory that may not be written is EACCES", [ADirectory("d", 555), AFile("f")], () => Rename("f", "d/f").Is(ACCES)),
        Ordinary("through a directory that may not be searched is EACCES", [ADirectory("d", 666), AFile("d/f"), AFile("g")], () =>
        {
            Rename("d/f", "f").Is(ACCES);
            Rename("g", "d/g").Is(ACCES);
        }),
        Ordinary("a directory that may not be written is renamed in place", [ADirectory("d", 555), AFile("d/f")], () =>
        {
            Rename("d", "e").Ok();
            Same((555, "f"), (ModeOf("e"), NamesIn("e")));
        }),
        Ordinary("a directory that may not be written is not moved to another one", [ADirectory("d", 555), ADirectory("e")], () => Rename("d", "e/d").Is(ACCES)),
        Ordinary("a file that may not be written is moved", [AFile("f", "text", 400), ADirectory("d")], () =>
        {
            Rename("f", "d/f").Ok();
            Same("text", TextOf("d/f"));
        }),
        Anyone("RENAME_NOREPLACE of a name that is there is EEXIST", [AFile("a"), AFile("b")], () => Rename("a", "b", RENAME_NOREPLACE).Is(EXIST)),
        Anyone("RENAME_NOREPLACE to a free name moves", [AFile("a", "text")], () =>
        {
            Rename("a", "b", RENAME_NOREPLACE).Ok();
            Same("b", NamesIn());
        }),
        Anyone("RENAME_NOREPLACE to a name that was removed moves", [AFile("a", "text"), AFile("b")], () =>
        {
            Unlink("b").Ok();
            Rename("a", "b", RENAME_NOREPLACE).Ok();
            Same("text", TextOf("b"));
        }),
        Anyone("RENAME_NOREPLACE over an empty directory is EEXIST", [ADirectory("d"), ADirectory("e")], () => Rename("d", "e", RENAME_NOREPLACE).Is(EXIST)),
        Anyone("RENAME_EXCHANGE of files", [AFile("a", "first"), AFile("b", "second")], () =>
        {
            Rename("a", "b", RENAME_EXCHANGE).Ok();
            Same(("second", "first"), (TextOf("a"), TextOf("b")));
        }),
        Anyone("RENAME_EXCHANGE of a file and a directory", [AFile("a", "text"), ADirectory("d"), AFile("d/f")], () =>
        {
            Rename("a", "d", RENAME_EXCHANGE).Ok();
            Same(("f", "text"), (NamesIn("a"), TextOf("d")));
        }),
        Anyone("RENAME_EXCHANGE of directories that are not empty", [ADirectory("d"), AFile("d/f"), ADirectory("e"), AFile("e/g")], () =>
        {
            Rename("d", "e", RENAME_EXCHANGE).Ok();
            Same(("g", "f"), (NamesIn("d"), NamesIn("e")));
        }),
        Anyone("RENAME_EXCHANGE with a link", [AFile("a", "text"), ASymlink("l", "a")], () =>
        {
            Rename("a", "l", RENAME_EXCHANGE).Ok();
            Same((FileType.Symlink, FileType.Regular), (TypeOf("a"), TypeOf("l")));
        }),
        Anyone("RENAME_EXCHANGE with a name that is not there is ENOENT", [AFile("a")], () => Rename("a", "x", RENAME_EXCHANGE).Is(NOENT)),
        Anyone("RENAME_EXCHANGE of a directory with one in it is EINVAL", [ADirectory("d"), ADirectory("d/e")], () => Rename("d", "d/e", RENAME_EXCHANGE).Is(INVAL, NOTEMPTY)),
        Anyone("RENAME_EXCHANGE with RENAME_NOREPLACE is EINVAL", [AFile("a"), AFile("b")], () => Rename("a", "b", RENAME_EXCHANGE | RENAME_NOREPLACE).Is(INVAL)),
        Anyone("a flag that is none is EINVAL", [AFile("a")], () => Rename("a", "b", 0x80).Is(INVAL)),
        Anyone("an open file goes on under its new name", [AFile("a", "text")], () =>
        {
            var fd = Open("a", O_RDWR).Ok();
            Rename("a", "b").Ok();
            PWrite(fd, "T", 0).Gives(1);
            Same("Text", TextOf("b"));
            Same(FStat(fd).Inode, LStat("b").Inode);
        }),
        Anyone("a moved current directory goes on", [ADirectory("d"), AFile("d/f", "text"), ADirectory("e")], () =>
        {
            Chdir("d").Ok();
            Rename("../d", "../e/moved").Ok();
            Same("text", TextOf("f"));
            True(CurrentDirectory().EndsWith("/e/moved", StringComparison.Ordinal));
        }),
        Anyone("files are moved back and forth", [AFile("a", "1"), AFile("b", "2"), AFile("c", "3")], () =>
        {
            Rename("a", "x").Ok();
            Rename("b", "a").Ok();
            Rename("c", "b").Ok();
            Rename("x", "c").Ok();
            Same("231", TextOf("a") + TextOf("b") + TextOf("c"));
        }),
        Anyone("directories are moved back and forth", [ADirectory("a"), AFile("a/1"), ADirectory("b"), AFile("b/2")], () =>
        {
            Rename("a", "x").Ok();
            Rename("b", "a").Ok();
            Rename("x", "b").Ok();
            Same(("2", "1"), (NamesIn("a"), NamesIn("b")));
            Rename("b", "a/b").Ok();
            Rename("a", "c").Ok();
            Same(("2 b", "1"), (NamesIn("c"), NamesIn("c/b")));
        }));
}
