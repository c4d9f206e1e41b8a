namespace OverlayFuse.Conformance;

/// <summary>chmod(2), chown(2).</summary>
internal static class ChmodCases
{
    public static Case[] Modes => OfFamily("chmod",
        Anyone("a file has the new mode and its content", [AFile("f", "text")], () =>
        {
            Chmod("f", 751).Ok();
            Same((751, "text"), (ModeOf("f"), TextOf("f")));
        }),
        Anyone("a directory has the new mode and its files", [ADirectory("d"), AFile("d/f")], () =>
        {
            Chmod("d", 711).Ok();
            Same((711, "f"), (ModeOf("d"), NamesIn("d")));
        }),
        Anyone("a FIFO has the new mode", [AFifo("p")], () =>
        {
            Chmod("p", 600).Ok();
            Same((600, FileType.Fifo), (ModeOf("p"), TypeOf("p")));
        }),
        Anyone("a socket has the new mode", [ASocket("s")], () =>
        {
            Chmod("s", 600).Ok();
            Same((600, FileType.Socket), (ModeOf("s"), TypeOf("s")));
        }),
        Anyone("a link passes it to its target", [AFile("f"), ASymlink("l", "f")], () =>
        {
            Chmod("l", 600).Ok();
            Same((600, 777), (ModeOf("f"), ModeOf("l")));
        }),
        Anyone("all twelve bits are kept", [AFile("f")], () =>
        {
            Chmod("f", 7777).Ok();
            Same(7777, ModeOf("f"));
            Chmod("f", 0).Ok();
            Same(0, ModeOf("f"));
        }),
        Anyone("fchmod of an open file", [AFile("f")], () =>
        {
            FChmod(Open("f", O_RDONLY).Ok(), 600).Ok();
            Same(600, ModeOf("f"));
        }),
        Anyone("fchmod of a descriptor of O_PATH is EBADF", [AFile("f")], () => FChmod(Open("f", O_PATH).Ok(), 600).Is(BADF)),
        Anyone("fchmod of no descriptor is EBADF", [], () => FChmod(-1, 600).Is(BADF)),
        Anyone("fchmod of a file without a name", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            Unlink("f").Ok();
            FChmod(fd, 640).Ok();
            Same(640, Digits(FStat(fd).Mode));
        }).Differs(Engine.Kernel, "saw EXIST", "kernel overlayfs with an index makes no copy of a lower file that lost its name", Origin.Below),
        Anyone("of a link itself is EOPNOTSUPP", [ASymlink("l", "x")], () => FChmodAt("l", 600, AT_SYMLINK_NOFOLLOW).Is(NOTSUP)),
        Anyone("a name that is not there is ENOENT", [], () => Chmod("x", 600).Is(NOENT)),
        Anyone("a dangling link is ENOENT", [ASymlink("l", "nowhere")], () => Chmod("l", 600).Is(NOENT)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Chmod("f/x", 600).Is(NOTDIR)),
        Anyone("a circle of links is ELOOP", [ASymlink("a", "a")], () => Chmod("a", 600).Is(LOOP)),
        Anyone("the change time alone moves", [AFile("f")], () => Moves("f", "c", () => Chmod("f", 600).Ok())),
        Anyone("the change time moves with the same mode too", [AFile("f", "", 644)], () => Moves("f", "c", () => Chmod("f", 644).Ok())),
        Anyone("the times of the directory stay", [ADirectory("d"), AFile("d/f")], () => Moves("d", "", () => Chmod("d/f", 600).Ok()))
            .Differs(Engine.Kernel, "saw 'c'", "kernel overlayfs copies the directory up, and nobody can set a time of change", Origin.Below),
        Ordinary("through a directory that may not be searched it is EACCES", [ADirectory("d", 666), AFile("d/f")], () => Chmod("d/f", 600).Is(ACCES)),
        Root("by another than the owner is EPERM", [AFile("f", "", 666)], () => As(Alice, () => Chmod("f", 600).Is(PERM))),
        Root("of a directory by another than the owner is EPERM", [ADirectory("d", 777)], () => As(Alice, () => Chmod("d", 700).Is(PERM))),
        Root("by a member of the group only is EPERM", [AFile("f", "", 664).OwnedBy(Bob, Staff)], () => As(Alice, Alice, [Staff], () => Chmod("f", 600).Is(PERM))),
        Root("by the owner is done", [AFile("f").OwnedBy(Alice, Alice)], () => As(Alice, () =>
        {
            Chmod("f", 4755).Ok();
            Same(4755, ModeOf("f"));
        })),
        Root("an open descriptor does not help another user", [AFile("f", "", 666)], () => As(Alice, () => FChmod(Open("f", O_RDWR).Ok(), 600).Is(PERM))),
        Ordinary("the sticky bit of a file by an ordinary user is taken", [AFile("f")], () =>
        {
            Chmod("f", 1644).Ok();
            Same(1644, ModeOf("f"));
        }),
        Ordinary("a mode of nothing keeps the owner out", [AFile("f", "text")], () =>
        {
            Chmod("f", 0).Ok();
            TryOpen("f", O_RDONLY).Is(ACCES);
            Chmod("f", 600).Ok();
            Same("text", TextOf("f"));
        }),
        Ordinary("an open file goes on when its mode is taken", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Chmod("f", 0).Ok();
            PWrite(fd, "T", 0).Gives(1);
            Same("Text", TextAt(fd, 0));
            FSync(fd).Ok();
        }));

    public static Case[] Owners => OfFamily("chown",
        Root("user and group change", [AFile("f", "text")], () =>
        {
            Chown("f", Alice, Staff).Ok();
            Same((Alice, Staff), OwnerOf("f"));
            Same("text", TextOf("f"));
        }),
        Root("the user alone changes", [AFile("f").OwnedBy(1, 2)], () =>
        {
            Chown("f", 7, Keep).Ok();
            Same((7u, 2u), OwnerOf("f"));
        }),
        Root("the group alone changes", [AFile("f").OwnedBy(1, 2)], () =>
        {
            Chown("f", Keep, 7).Ok();
            Same((1u, 7u), OwnerOf("f"));
        }),
        Root("a directory", [ADirectory("d"), AFile("d/f")], () =>
        {
            Chown("d", Alice, Staff).Ok();
            Same(((Alice, Staff), "f"), (OwnerOf("d"), NamesIn("d")));
        }),
        Root("a link passes it to its target", [AFile("f"), ASymlink("l", "f")], () =>
        {
            Chown("l", 1, 2).Ok();
            Same(((1u, 2u), (0u, 0u)), (OwnerOf("f"), OwnerOf("l")));
        }),
        Root("lchown changes the link itself", [AFile("f"), ASymlink("l", "f")], () =>
        {
            LChown("l", 1, 2).Ok();
            Same(((0u, 0u), (1u, 2u)), (OwnerOf("f"), OwnerOf("l")));
            ReadLink("l", out var target).Ok();
            Same("f", target);
        }),
        Root("lchown of a dangling link", [ASymlink("l", "nowhere")], () =>
        {
            LChown("l", 1, 2).Ok();
            Same((1u, 2u), OwnerOf("l"));
        }),
        Root("a FIFO, a socket and a device", [AFifo("p"), ASocket("s"), ACharDevice("c", 1, 3)], () =>
        {
            foreach (var name in (string[])["p", "s", "c"])
            {
                Chown(name, 3, 4).Ok();
                Same((3u, 4u), OwnerOf(name));
            }
        }),
        Root("fchown of a file without a name", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            Unlink("f").Ok();
            FChown(fd, 1, 2).Ok();
            Same((1u, 2u), (FStat(fd).Uid, FStat(fd).Gid));
        }).Differs(Engine.Kernel, "saw EXIST", "kernel overlayfs with an index makes no copy of a lower file that lost its name", Origin.Below),
        Anyone("fchown of no descriptor is EBADF", [], () => FChown(-1, Keep, Keep).Is(BADF)),
        Anyone("a name that is not there is ENOENT", [], () => Chown("x", Keep, Keep).Is(NOENT)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Chown("f/x", Keep, Keep).Is(NOTDIR)),
        Anyone("a circle of links is ELOOP", [ASymlink("a", "a")], () => Chown("a", Keep, Keep).Is(LOOP)),
        Ordinary("to somebody else by an ordinary user is EPERM", [AFile("f")], () => Chown("f", 0, Keep).Is(PERM)),
        Ordinary("to a group of which one is no member is EPERM", [AFile("f")], () => Chown("f", Keep, 0).Is(PERM)),
        Ordinary("to oneself is done", [AFile("f")], () => Chown("f", MyUid, MyGid).Ok()),
        Ordinary("through a directory that may not be searched it is EACCES", [ADirectory("d", 666), AFile("d/f")], () => Chown("d/f", Keep, Keep).Is(ACCES)),
        Root("to a supplementary group by the owner is done", [AFile("f").OwnedBy(Alice, Alice)], () => As(Alice, Alice, [Staff], () =>
        {
            Chown("f", Keep, Staff).Ok();
            Same((Alice, Staff), OwnerOf("f"));
        })),
        Root("the group by a member who is not the owner is EPERM", [AFile("f", "", 666).OwnedBy(Bob, Bob)],
            () => As(Alice, Alice, [Staff], () => Chown("f", Keep, Staff).Is(PERM))),
        Root("setuid and setgid are cleared by an ordinary user's change of group", [AFile("f", "", 6755).OwnedBy(Alice, Alice)], () => As(Alice, Alice, [Staff], () =>
        {
            Chown("f", Keep, Staff).Ok();
            Same(755, ModeOf("f"));
        })),
        Root("setuid and setgid are cleared by root's change of owner too", [AFile("f", "", 6755)], () =>
        {
            Chown("f", 1, 1).Ok();
            Same(755, ModeOf("f"));
        }),
        Root("setgid without execution by the group stays", [AFile("f", "", 2745)], () =>
        {
            Chown("f", 1, 1).Ok();
            Same(2745, ModeOf("f"));
        }),
        Root("setgid of a directory stays", [ADirectory("d", 2755)], () =>
        {
            Chown("d", 1, 1).Ok();
            Same(2755, ModeOf("d"));
        }),
        Root("the change time alone moves", [AFile("f")], () => Moves("f", "c", () => Chown("f", 1, 1).Ok())),
        Root("the change time moves with the same owner too", [AFile("f")], () => Moves("f", "c", () => Chown("f", 0, 0).Ok())),
        Root("all names have the new owner", [AFile("a"), AHardLink("b", "a")], () =>
        {
            Chown("a", 5, 6).Ok();
            Same((5u, 6u), OwnerOf("b"));
        }));
}
