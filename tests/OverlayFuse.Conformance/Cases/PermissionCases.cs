namespace OverlayFuse.Conformance;

/// <summary>Who may what: classes of users, supplementary groups, access(2), sticky directories.</summary>
internal static class PermissionCases
{
    public static Case[] Classes => OfFamily("permissions",
        Root("others may read what is 604", [AFile("f", "text", 604)], () => As(Alice, () => Same("text", TextOf("f")))),
        Root("others may not read what is 640", [AFile("f", "text", 640)], () => As(Alice, () => TryOpen("f", O_RDONLY).Is(ACCES))),
        Root("others may write what is 602", [AFile("f", "text", 602)], () => As(Alice, () =>
        {
            Write(Open("f", O_WRONLY).Ok(), "T").Gives(1);
            TryOpen("f", O_RDONLY).Is(ACCES);
        })),
        Root("the group may read what is 640", [AFile("f", "text", 640).OwnedBy(Bob, Staff)], () => As(Alice, Staff, [], () => Same("text", TextOf("f")))),
        Root("a supplementary group may read what is 640", [AFile("f", "text", 640).OwnedBy(Bob, Staff)], () => As(Alice, Alice, [Guests, Staff], () => Same("text", TextOf("f")))),
        Root("a supplementary group may write what is 660", [AFile("f", "text", 660).OwnedBy(Bob, Staff)], () => As(Alice, Alice, [Staff], () =>
        {
            WriteFile("f", "new");
            Same("new", TextOf("f"));
        })),
        Root("a group that is neither may not", [AFile("f", "text", 660).OwnedBy(Bob, Staff)], () => As(Alice, Alice, [Guests], () => TryOpen("f", O_RDONLY).Is(ACCES))),
        Root("the owner is judged as owner even where others may", [AFile("f", "text", 66).OwnedBy(Alice, Alice)], () => As(Alice, () => TryOpen("f", O_RDONLY).Is(ACCES))),
        Root("the group is judged as group even where others may", [AFile("f", "text", 606).OwnedBy(Bob, Staff)], () => As(Alice, Staff, [], () => TryOpen("f", O_RDONLY).Is(ACCES))),
        Root("a directory that may not be read is not listed", [ADirectory("d", 711), AFile("d/f", "text")], () => As(Alice, () =>
        {
            TryOpen("d", O_RDONLY).Is(ACCES);
            Same("text", TextOf("d/f"));
        })),
        Root("a directory that may only be read shows names but no files", [ADirectory("d", 744), AFile("d/f", "text")], () => As(Alice, () =>
        {
            Same("f", NamesIn("d"));
            TryStat("d/f").Is(ACCES);
        })),
        Root("a directory that may not be searched anywhere on the way", [ADirectory("d", 700), ADirectory("d/e", 777), AFile("d/e/f", "text", 666)],
            () => As(Alice, () => TryOpen("d/e/f", O_RDONLY).Is(ACCES))),
        Root("a supplementary group may make names in a directory of 775", [ADirectory("d", 775).OwnedBy(Bob, Staff)], () => As(Alice, Alice, [Staff], () =>
        {
            Create("d/f");
            Same((Alice, Alice), OwnerOf("d/f"));
        })),
        Root("others may not make names in a directory of 775", [ADirectory("d", 775).OwnedBy(Bob, Staff)], () => As(Alice, () => TryOpen("d/f", O_WRONLY | O_CREAT).Is(ACCES))),
        Root("others may make, move and remove names in a directory of 777", [ADirectory("d", 777), AFile("d/f", "text", 600)], () => As(Alice, () =>
        {
            Create("d/new");
            Rename("d/f", "d/moved").Ok();
            Unlink("d/moved").Ok();
            Same("new", NamesIn("d"));
        })),
        Root("who may not search the directory cannot tell whether a name is there", [ADirectory("d", 700), AFile("d/f")], () => As(Alice, () =>
        {
            TryStat("d/f").Is(ACCES);
            TryStat("d/x").Is(ACCES);
        })),
        Root("a change of mode holds at once for others", [AFile("f", "text", 644)], () =>
        {
            As(Alice, () => TryOpen("f", O_RDONLY).Ok());
            Chmod("f", 600).Ok();
            As(Alice, () => TryOpen("f", O_RDONLY).Is(ACCES));
        }),
        Root("a change of owner holds at once", [AFile("f", "text", 600)], () =>
        {
            As(Alice, () => TryOpen("f", O_RDONLY).Is(ACCES));
            Chown("f", Alice, Keep).Ok();
            As(Alice, () => Same("text", TextOf("f")));
        }),
        Root("a change of a directory's mode holds at once", [ADirectory("d", 755), AFile("d/f", "text")], () =>
        {
            As(Alice, () => Same("text", TextOf("d/f")));
            Chmod("d", 700).Ok();
            As(Alice, () => TryOpen("d/f", O_RDONLY).Is(ACCES));
        }),
        Root("root reads and writes what is 000", [AFile("f", "text", 0).OwnedBy(Bob, Bob)], () =>
        {
            WriteFile("f", "new");
            Same("new", TextOf("f"));
        }),
        Root("root searches a directory of 000", [ADirectory("d", 0).OwnedBy(Bob, Bob), AFile("d/f", "text")], () => Same("text", TextOf("d/f"))),
        Root("an open descriptor outlives the right to open", [AFile("f", "text", 666)], () => As(Alice, () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Native.SetResUid(0, 0, 0);
            Chmod("f", 600).Ok();
            Native.SetResUid(Alice, Alice, 0);
            PWrite(fd, "T", 0).Gives(1);
            Same("Text", TextAt(fd, 0));
        })));

    public static Case[] Access => OfFamily("access",
        Anyone("a file that is there", [AFile("f", "", 0)], () => Calls.Access("f", F_OK).Ok()),
        Anyone("a name that is not there is ENOENT", [], () => Calls.Access("x", F_OK).Is(NOENT)),
        Anyone("a dangling link is ENOENT", [ASymlink("l", "nowhere")], () => Calls.Access("l", F_OK).Is(NOENT)),
        Anyone("a dangling link itself is there", [ASymlink("l", "nowhere")], () => Calls.Access("l", F_OK, AT_SYMLINK_NOFOLLOW).Ok()),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Calls.Access("f/x", F_OK).Is(NOTDIR)),
        Anyone("a circle of links is ELOOP", [ASymlink("a", "a")], () => Calls.Access("a", F_OK).Is(LOOP)),
        Anyone("a mode that is none is EINVAL", [AFile("f")], () => Calls.Access("f", 64).Is(INVAL)),
        Anyone("a file that nobody may execute is EACCES, for root too", [AFile("f", "", 644)], () => Calls.Access("f", X_OK).Is(ACCES)),
        Anyone("a file that somebody may execute", [AFile("f", "", 744)], () => Calls.Access("f", X_OK).Ok()),
        Ordinary("each right by itself", [AFile("r", "", 400), AFile("w", "", 200), AFile("x", "", 100)], () =>
        {
            Calls.Access("r", R_OK).Ok();
            Calls.Access("r", W_OK).Is(ACCES);
            Calls.Access("w", W_OK).Ok();
            Calls.Access("w", R_OK).Is(ACCES);
            Calls.Access("x", X_OK).Ok();
            Calls.Access("x", R_OK | X_OK).Is(ACCES);
        }),
        Root("AT_EACCESS asks for the effective user", [AFile("f", "", 600)], () => As(Alice, () => Calls.Access("f", R_OK, AT_EACCESS).Is(ACCES))),
        Root("a directory by a supplementary group", [ADirectory("d", 750).OwnedBy(Bob, Staff)], () => As(Alice, Alice, [Staff], () =>
        {
            Calls.Access("d", R_OK | X_OK, AT_EACCESS).Ok();
            Calls.Access("d", W_OK, AT_EACCESS).Is(ACCES);
        })));

    public static Case[] Sticky => OfFamily("sticky",
        Root("a file of somebody else is not removed: EPERM", [ADirectory("d", 1777), AFile("d/f", "", 666)], () => As(Alice, () => Unlink("d/f").Is(PERM))),
        Root("an own file is removed", [ADirectory("d", 1777), AFile("d/f").OwnedBy(Alice, Alice)], () => As(Alice, () => Unlink("d/f").Ok())),
        Root("the owner of the directory removes any file", [ADirectory("d", 1777).OwnedBy(Alice, Alice), AFile("d/f").OwnedBy(Bob, Bob)], () => As(Alice, () => Unlink("d/f").Ok())),
        Root("a directory of somebody else is not removed: EPERM", [ADirectory("d", 1777), ADirectory("d/e", 777)], () => As(Alice, () => Rmdir("d/e").Is(PERM))),
        Root("an own directory is removed", [ADirectory("d", 1777), ADirectory("d/e").OwnedBy(Alice, Alice)], () => As(Alice, () => Rmdir("d/e").Ok())),
        Root("a file of somebody else is not moved out: EPERM", [ADirectory("d", 1777), AFile("d/f", "", 666), ADirectory("e", 777)], () => As(Alice, () => Rename("d/f", "e/f").Is(PERM))),
        Root("a file of somebody else is not renamed in place: EPERM", [ADirectory("d", 1777), AFile("d/f", "", 666)], () => As(Alice, () => Rename("d/f", "d/g").Is(PERM))),
        Root("a file of somebody else is not replaced: EPERM", [ADirectory("d", 1777), AFile("d/f", "", 666), AFile("d/own").OwnedBy(Alice, Alice)],
            () => As(Alice, () => Rename("d/own", "d/f").Is(PERM))),
        Root("files of two owners are not exchanged: EPERM", [ADirectory("d", 1777), AFile("d/f", "", 666), AFile("d/own").OwnedBy(Alice, Alice)],
            () => As(Alice, () => Rename("d/own", "d/f", RENAME_EXCHANGE).Is(PERM))),
        Root("an own file is moved in and out", [ADirectory("d", 1777), AFile("d/f").OwnedBy(Alice, Alice), ADirectory("e", 777)], () => As(Alice, () =>
        {
            Rename("d/f", "e/f").Ok();
            Rename("e/f", "d/g").Ok();
        })),
        Root("a file of somebody else may be linked into and written", [ADirectory("d", 1777), AFile("d/f", "", 666)], () => As(Alice, () =>
        {
            Write(Open("d/f", O_WRONLY).Ok(), "x").Gives(1);
            Link("d/f", "d/g").Is(None, PERM); // fs.protected_hardlinks
        })),
        Root("without the sticky bit anybody removes", [ADirectory("d", 777), AFile("d/f", "", 600)], () => As(Alice, () => Unlink("d/f").Ok())),
        Root("the bit that was just set holds", [ADirectory("d", 777), AFile("d/f")], () =>
        {
            Chmod("d", 1777).Ok();
            As(Alice, () => Unlink("d/f").Is(PERM));
        }),
        Root("the group of the directory has no right to remove", [ADirectory("d", 1775).OwnedBy(Bob, Staff), AFile("d/f")], () => As(Alice, Alice, [Staff], () => Unlink("d/f").Is(PERM))));
}
