namespace OverlayFuse.Conformance;

/// <summary>unlink(2), rmdir(2).</summary>
internal static class RemoveCases
{
    public static Case[] Unlinks => OfFamily("unlink",
        Anyone("a file is gone", [AFile("f", "text")], () =>
        {
            Unlink("f").Ok();
            TryLStat("f").Is(NOENT);
            Same("", NamesIn());
        }),
        Anyone("a name that is not there is ENOENT", [], () => Unlink("x").Is(NOENT)),
        Anyone("a name that was removed is ENOENT", [AFile("f")], () =>
        {
            Unlink("f").Ok();
            Unlink("f").Is(NOENT);
        }),
        Anyone("the empty path is ENOENT", [], () => Unlink("").Is(NOENT)),
        Anyone("a directory on the way that is not there is ENOENT", [], () => Unlink("x/f").Is(NOENT)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Unlink("f/x").Is(NOTDIR)),
        Anyone("a slash behind a file is ENOTDIR", [AFile("f")], () => Unlink("f/").Is(NOTDIR)),
        Anyone("a directory is EISDIR", [ADirectory("d")], () => Unlink("d").Is(ISDIR)),
        Anyone("a circle of links on the way is ELOOP", [ASymlink("a", "a")], () => Unlink("a/f").Is(LOOP)),
        Anyone("a link goes, its target stays", [AFile("f", "text"), ASymlink("l", "f")], () =>
        {
            Unlink("l").Ok();
            TryLStat("l").Is(NOENT);
            Same("text", TextOf("f"));
        }),
        Anyone("a dangling link goes", [ASymlink("l", "nowhere")], () =>
        {
            Unlink("l").Ok();
            TryLStat("l").Is(NOENT);
        }),
        Anyone("a FIFO goes", [AFifo("p")], () =>
        {
            Unlink("p").Ok();
            TryLStat("p").Is(NOENT);
        }),
        Anyone("a socket goes", [ASocket("s")], () =>
        {
            Unlink("s").Ok();
            TryLStat("s").Is(NOENT);
        }),
        Root("a device goes and is not opened for it", [ACharDevice("c", 4000, 77)], () =>
        {
            Unlink("c").Ok();
            TryLStat("c").Is(NOENT);
        }),
        Anyone("another name stays and has a link less", [AFile("a", "text"), AHardLink("b", "a")], () =>
        {
            Same(2u, LinksOf("b"));
            Unlink("a").Ok();
            Same(1u, LinksOf("b"));
            Same("text", TextOf("b"));
        }),
        Anyone("the change time of another name moves", [AFile("a"), AHardLink("b", "a")], () => Moves("b", "c", () => Unlink("a").Ok())),
        Anyone("the times of the directory move", [ADirectory("d"), AFile("d/f")], () => Moves("d", "mc", () => Unlink("d/f").Ok())),
        Ordinary("without the right to write in the directory it is EACCES", [ADirectory("d", 555), AFile("d/f")], () => Unlink("d/f").Is(ACCES)),
        Ordinary("without the right to search the directory it is EACCES", [ADirectory("d", 666), AFile("d/f")], () => Unlink("d/f").Is(ACCES)),
        Ordinary("a file that may not be written goes all the same", [AFile("f", "text", 400)], () =>
        {
            Unlink("f").Ok();
            TryLStat("f").Is(NOENT);
        }),
        Anyone("unlinkat of a directory with AT_REMOVEDIR removes it", [ADirectory("d")], () =>
        {
            UnlinkAt(AT_FDCWD, "d", AT_REMOVEDIR).Ok();
            TryLStat("d").Is(NOENT);
        }),
        Anyone("unlinkat of a file with AT_REMOVEDIR is ENOTDIR", [AFile("f")], () => UnlinkAt(AT_FDCWD, "f", AT_REMOVEDIR).Is(NOTDIR)),
        Anyone("unlinkat with a flag that is none is EINVAL", [AFile("f")], () => UnlinkAt(AT_FDCWD, "f", 0x40000000).Is(INVAL)),
        Anyone("unlinkat of no descriptor is EBADF", [], () => UnlinkAt(-1, "f").Is(BADF)),
        Anyone("a file made anew under the name is another", [AFile("f", "old")], () =>
        {
            var old = Open("f", O_RDONLY).Ok();
            Unlink("f").Ok();
            WriteFile("f", "new");
            Same("new", TextOf("f"));
            Same("old", TextAt(old, 0));
            True(FStat(old).Inode != LStat("f").Inode);
        }),
        Anyone("a name is removed and made again as each type at once", [AFile("x", "old")], () =>
        {
            for (var round = 0; round < 5; round++)
            {
                Unlink("x").Ok();
                Mkdir("x").Ok();
                Same(FileType.Directory, TypeOf("x"));
                Rmdir("x").Ok();
                Symlink("target", "x").Ok();
                Same(FileType.Symlink, TypeOf("x"));
                Unlink("x").Ok();
                Mkfifo("x").Ok();
                Same(FileType.Fifo, TypeOf("x"));
                Unlink("x").Ok();
                WriteFile("x", "new");
                Same("new", TextOf("x"));
            }
        }));

    public static Case[] Rmdirs => OfFamily("rmdir",
        Anyone("an empty directory is gone", [ADirectory("d")], () =>
        {
            Rmdir("d").Ok();
            TryLStat("d").Is(NOENT);
            Same("", NamesIn());
        }),
        Anyone("a directory with a file is ENOTEMPTY", [ADirectory("d"), AFile("d/f")], () => Rmdir("d").Is(NOTEMPTY, EXIST)),
        Anyone("a directory with a directory is ENOTEMPTY", [ADirectory("d"), ADirectory("d/e")], () => Rmdir("d").Is(NOTEMPTY, EXIST)),
        Anyone("a directory with a dangling link is ENOTEMPTY", [ADirectory("d"), ASymlink("d/l", "nowhere")], () => Rmdir("d").Is(NOTEMPTY, EXIST)),
        Anyone("a directory that was emptied goes", [ADirectory("d"), AFile("d/a"), AFile("d/b"), ADirectory("d/e")], () =>
        {
            Unlink("d/a").Ok();
            Unlink("d/b").Ok();
            Rmdir("d").Is(NOTEMPTY, EXIST);
            Rmdir("d/e").Ok();
            Rmdir("d").Ok();
            TryLStat("d").Is(NOENT);
        }),
        Anyone("a name that is not there is ENOENT", [], () => Rmdir("x").Is(NOENT)),
        Anyone("the empty path is ENOENT", [], () => Rmdir("").Is(NOENT)),
        Anyone("a file is ENOTDIR", [AFile("f")], () => Rmdir("f").Is(NOTDIR)),
        Anyone("a link to a directory is ENOTDIR", [ADirectory("d"), ASymlink("l", "d")], () => Rmdir("l").Is(NOTDIR)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Rmdir("f/d").Is(NOTDIR)),
        Anyone("a circle of links on the way is ELOOP", [ASymlink("a", "b"), ASymlink("b", "a")], () => Rmdir("a/d").Is(LOOP)),
        Anyone("a dot is EINVAL", [ADirectory("d")], () => Rmdir("d/.").Is(INVAL)),
        Anyone("two dots are ENOTEMPTY", [ADirectory("d"), ADirectory("d/e")], () => Rmdir("d/e/..").Is(NOTEMPTY, EXIST)),
        Anyone("a slash behind the name is taken", [ADirectory("d")], () => Rmdir("d/").Ok()),
        Anyone("the times of the directory above move", [ADirectory("d"), ADirectory("d/e")], () => Moves("d", "mc", () => Rmdir("d/e").Ok())),
        Ordinary("without the right to write above it is EACCES", [ADirectory("d", 555), ADirectory("d/e")], () => Rmdir("d/e").Is(ACCES)),
        Ordinary("without the right to search above it is EACCES", [ADirectory("d", 666), ADirectory("d/e")], () => Rmdir("d/e").Is(ACCES)),
        Ordinary("an empty directory that one may not enter goes", [ADirectory("d", 0)], () =>
        {
            Rmdir("d").Ok();
            TryLStat("d").Is(NOENT);
        }).Differs(Engine.User, "rmdir(d): expected None, saw ACCES", "a FUSE daemon with its user's rights cannot see whether such a lower directory is empty", Origin.Below),
        Anyone("an open directory that was removed has no links", [ADirectory("d")], () =>
        {
            var d = Open("d", O_RDONLY).Ok();
            Rmdir("d").Ok();
            Same(0u, FStat(d).LinkCount);
        }).Differs(Engine.Kernel, "LinkCount: expected 0", "kernel overlayfs gives the link count of the lower object, which keeps its name", Origin.Below),
        Anyone("an open directory that was removed lists nothing", [ADirectory("d")], () =>
        {
            var d = Open("d", O_RDONLY).Ok();
            Rmdir("d").Ok();
            var result = GetDents(d, out var entries);
            if (result.Error != NOENT) Same("", Names(entries));
        }),
        Anyone("the current directory that was removed has no path", [ADirectory("d")], () =>
        {
            Chdir("d").Ok();
            Rmdir("../d").Ok();
            TryStat("x").Is(NOENT);
            Same(0u, Stat(".").LinkCount);
        }).Differs(Engine.Kernel, "LinkCount: expected 0", "kernel overlayfs gives the link count of the lower object, which keeps its name", Origin.Below),
        Anyone("a directory made anew under the name is another", [ADirectory("d", 700)], () =>
        {
            var old = Open("d", O_RDONLY).Ok();
            Rmdir("d").Ok();
            Mkdir("d", 755).Ok();
            Same(755, ModeOf("d"));
            True(FStat(old).Inode != LStat("d").Inode);
        }));
}
