namespace OverlayFuse.Conformance;

/// <summary>link(2), symlink(2), readlink(2).</summary>
internal static class LinkCases
{
    public static Case[] Hard => OfFamily("link",
        Anyone("both names are one file", [AFile("a", "text")], () =>
        {
            Link("a", "b").Ok();
            Same((2u, 2u), (LinksOf("a"), LinksOf("b")));
            Same(LStat("a").Inode, LStat("b").Inode);
            WriteFile("b", "other");
            Same("other", TextOf("a"));
        }),
        Anyone("what is changed by one name is changed by the other", [AFile("a", "text"), AHardLink("b", "a")], () =>
        {
            WriteFile("a", "new");
            Chmod("b", 600).Ok();
            Same(("new", 600), (TextOf("b"), ModeOf("a")));
            Same(LStat("a").Inode, LStat("b").Inode);
        }),
        Anyone("names in several directories are one file", [ADirectory("d"), ADirectory("e"), AFile("d/a", "text"), AHardLink("e/b", "d/a")], () =>
        {
            WriteFile("e/b", "new");
            Same("new", TextOf("d/a"));
            Link("d/a", "c").Ok();
            Same(3u, LinksOf("e/b"));
        }),
        Anyone("names of a file that nobody may write come and go", [AFile("a", "text", 444), AHardLink("b", "a"), AHardLink("c", "a"), AHardLink("d", "a"), AFile("e")], () =>
        {
            Unlink("a").Ok();
            Same(3u, LinksOf("b"));
            Rename("b", "f").Ok();
            Rename("e", "c").Ok();
            Link("d", "g").Ok();
            Same((3u, 444), (LinksOf("f"), ModeOf("g")));
            Chmod("f", 400).Ok();
            Same((400, "text"), (ModeOf("d"), TextOf("g")));
            Same(LStat("d").Inode, LStat("f").Inode);
        }),
        Anyone("a name that is there is EEXIST", [AFile("a"), AFile("b")], () => Link("a", "b").Is(EXIST)),
        Anyone("onto itself is EEXIST", [AFile("a")], () => Link("a", "a").Is(EXIST)),
        Anyone("onto a dangling link is EEXIST", [AFile("a"), ASymlink("l", "nowhere")], () => Link("a", "l").Is(EXIST)),
        Anyone("a file that is not there is ENOENT", [], () => Link("x", "y").Is(NOENT)),
        Anyone("into a directory that is not there is ENOENT", [AFile("a")], () => Link("a", "x/b").Is(NOENT)),
        Anyone("an empty path is ENOENT", [AFile("a")], () =>
        {
            Link("", "y").Is(NOENT);
            Link("a", "").Is(NOENT);
        }),
        Anyone("a directory is EPERM", [ADirectory("d")], () => Link("d", "e").Is(PERM)),
        Anyone("a file on the way is ENOTDIR", [AFile("a"), AFile("b")], () =>
        {
            Link("a/x", "y").Is(NOTDIR);
            Link("a", "b/y").Is(NOTDIR);
        }),
        Anyone("a circle of links on the way is ELOOP", [AFile("f"), ASymlink("a", "a")], () =>
        {
            Link("a/x", "y").Is(LOOP);
            Link("f", "a/y").Is(LOOP);
        }),
        Anyone("a flag that is none is EINVAL", [AFile("a")], () => Link("a", "b", 0x1).Is(INVAL)),
        Anyone("a symbolic link itself gets a name", [AFile("f"), ASymlink("l", "f")], () =>
        {
            Link("l", "m").Ok();
            Same((FileType.Symlink, 2u), (TypeOf("m"), LinksOf("l")));
        }),
        Anyone("AT_SYMLINK_FOLLOW gives the target a name", [AFile("f", "text"), ASymlink("l", "f")], () =>
        {
            Link("l", "m", AT_SYMLINK_FOLLOW).Ok();
            Same((FileType.Regular, 2u), (TypeOf("m"), LinksOf("f")));
        }),
        Anyone("a FIFO gets a second name", [AFifo("p")], () =>
        {
            Link("p", "q").Ok();
            Same((FileType.Fifo, 2u), (TypeOf("q"), LinksOf("p")));
        }),
        Anyone("a file that was removed under the name is no hindrance", [AFile("a", "text"), AFile("b", "old")], () =>
        {
            Unlink("b").Ok();
            Link("a", "b").Ok();
            Same("text", TextOf("b"));
        }),
        Anyone("the change time of the file moves", [AFile("a")], () => Moves("a", "c", () => Link("a", "b").Ok())),
        Anyone("the times of the directory move", [ADirectory("d"), AFile("a")], () => Moves("d", "mc", () => Link("a", "d/b").Ok())),
        Ordinary("into a directory that may not be written is EACCES", [ADirectory("d", 555), AFile("a")], () => Link("a", "d/b").Is(ACCES)),
        Ordinary("from a directory that may not be searched is EACCES", [ADirectory("d", 666), AFile("d/a")], () => Link("d/a", "b").Is(ACCES)),
        Ordinary("from a directory that may not be written is fine", [ADirectory("d", 555), AFile("d/a")], () =>
        {
            Link("d/a", "b").Ok();
            Same(2u, LinksOf("d/a"));
        }),
        Root("a file of somebody else that one may not write is EPERM", [Here(777), AFile("a", "", 644)], () => As(Alice, () => Link("a", "b").Is(PERM, None))),
        Anyone("a file that lost its name gets none by its descriptor", [AFile("a")], () =>
        {
            var fd = Open("a", O_RDONLY).Ok();
            Unlink("a").Ok();
            LinkFile(fd, "b").Is(NOENT);
        }),
        Anyone("an open file gets a second name by its descriptor", [AFile("a", "text")], () =>
        {
            LinkFile(Open("a", O_RDONLY).Ok(), "b").Ok();
            Same(2u, LinksOf("a"));
        }),
        Anyone("the first name goes, the second stays", [AFile("a", "text")], () =>
        {
            Link("a", "b").Ok();
            Unlink("a").Ok();
            Same(("text", 1u), (TextOf("b"), LinksOf("b")));
        }));

    public static Case[] Symbolic => OfFamily("symlink",
        Anyone("the target is kept as it is", [], () =>
        {
            Symlink("../some//where/.", "l").Ok();
            ReadLink("l", out var target).Ok();
            Same("../some//where/.", target);
        }),
        Anyone("the size is the length of the target", [], () =>
        {
            Symlink("12345", "l").Ok();
            Same(5, SizeOf("l"));
        }),
        Anyone("the mode is 777 whatever the umask", [], () => WithUmask(77, () =>
        {
            Symlink("x", "l").Ok();
            Same(777, ModeOf("l"));
        })),
        Anyone("it belongs to its maker and has one link", [], () =>
        {
            Symlink("x", "l").Ok();
            Same((MyUid, MyGid), OwnerOf("l"));
            Same(1u, LinksOf("l"));
        }),
        Anyone("a name that is there is EEXIST", [AFile("f")], () => Symlink("x", "f").Is(EXIST)),
        Anyone("a name that a dangling link has is EEXIST", [ASymlink("l", "nowhere")], () => Symlink("x", "l").Is(EXIST)),
        Anyone("an empty target is ENOENT", [], () => Symlink("", "l").Is(NOENT)),
        Anyone("an empty name is ENOENT", [], () => Symlink("x", "").Is(NOENT)),
        Anyone("a directory on the way that is not there is ENOENT", [], () => Symlink("x", "y/l").Is(NOENT)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Symlink("x", "f/l").Is(NOTDIR)),
        Anyone("a circle of links on the way is ELOOP", [ASymlink("a", "a")], () => Symlink("x", "a/l").Is(LOOP)),
        Anyone("a target of PATH_MAX - 1 bytes is kept", [], () =>
        {
            var target = new string('t', PATH_MAX - 1);
            Symlink(target, "l").Ok();
            ReadLink("l", out var seen).Ok();
            Same(target, seen);
        }),
        Anyone("a target of PATH_MAX bytes is ENAMETOOLONG", [], () => Symlink(new string('t', PATH_MAX), "l").Is(NAMETOOLONG)),
        Anyone("the times of the directory move", [ADirectory("d")], () => Moves("d", "mc", () => Symlink("x", "d/l").Ok())),
        Ordinary("without the right to write in the directory it is EACCES", [ADirectory("d", 555)], () => Symlink("x", "d/l").Is(ACCES)),
        Anyone("a link made anew has the new target", [ASymlink("l", "old")], () =>
        {
            ReadLink("l", out _).Ok();
            Unlink("l").Ok();
            Symlink("new", "l").Ok();
            ReadLink("l", out var target).Ok();
            Same("new", target);
        }),
        Anyone("a relative target begins where the link is", [ADirectory("d"), AFile("d/f", "inner"), ASymlink("d/l", "f")], () => Same("inner", TextOf("d/l"))),
        Anyone("a link to a directory is passed through", [ADirectory("d"), ASymlink("l", "d")], () =>
        {
            WriteFile("l/f", "text");
            Same("text", TextOf("d/f"));
        }),
        Anyone("a link to a directory above is passed through", [ADirectory("d"), AFile("f", "text"), ASymlink("d/up", "..")], () => Same("text", TextOf("d/up/d/up/f"))));

    public static Case[] Read => OfFamily("readlink",
        Anyone("a file is EINVAL", [AFile("f")], () => ReadLink("f").Is(INVAL)),
        Anyone("a directory is EINVAL", [ADirectory("d")], () => ReadLink("d").Is(INVAL)),
        Anyone("a FIFO is EINVAL", [AFifo("p")], () => ReadLink("p").Is(INVAL)),
        Anyone("a name that is not there is ENOENT", [], () => ReadLink("x").Is(NOENT)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => ReadLink("f/l").Is(NOTDIR)),
        Anyone("a circle of links on the way is ELOOP", [ASymlink("a", "a")], () => ReadLink("a/l").Is(LOOP)),
        Anyone("a circle itself is read", [ASymlink("a", "a")], () =>
        {
            ReadLink("a", out var target).Ok();
            Same("a", target);
        }),
        Anyone("a short buffer gets what fits", [ASymlink("l", "target")], () =>
        {
            ReadLink("l", out var target, 3).Gives(3);
            Same("tar", target);
        }),
        Ordinary("without the right to search the directory it is EACCES", [ADirectory("d", 666), ASymlink("d/l", "x")], () => ReadLink("d/l").Is(ACCES)),
        Ordinary("a link in a directory that may only be searched is read", [ADirectory("d", 111), ASymlink("d/l", "x")], () => ReadLink("d/l").Ok()));
}
