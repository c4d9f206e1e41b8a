using static OverlayFuse.Conformance.AclText;

namespace OverlayFuse.Conformance;

/// <summary>POSIX ACLs: who they let in, and what new objects get from a directory's default ACL.</summary>
internal static class AclCases
{
    private const string ForAlice = "u::rw-,u:60001:rw-,g::r--,m::rw-,o::---";
    private const string Inherited = "u::rwx,u:60001:rwx,g::r-x,m::rwx,o::---";

    public static Case[] All => OfFamily("acl",
        Anyone("a file without one has none", [AFile("f")], () => GetXattr("f", AclText.Access).Is(NODATA)),
        Anyone("one is set and read, and shows in the mode", [AFile("f", "text", 600)], () =>
        {
            Set("f", AclText.Access, ForAlice).Ok();
            Same((ForAlice, 660), (Of("f", AclText.Access), ModeOf("f")));
        }),
        Anyone("one that only says the mode is the mode", [AFile("f", "text", 600)], () =>
        {
            Set("f", AclText.Access, "u::rw-,g::r--,o::r--").Ok();
            Same(644, ModeOf("f"));
            GetXattr("f", AclText.Access).Is(NODATA);
        }),
        Anyone("chmod changes the mask", [AFile("f").With(AclText.Access, Parse(ForAlice))], () =>
        {
            Chmod("f", 640).Ok();
            Same("u::rw-,u:60001:rw-,g::r--,m::r--,o::---", Of("f", AclText.Access));
        }),
        Anyone("one stays when the file changes", [AFile("f", "text", 660).With(AclText.Access, Parse(ForAlice))], () =>
        {
            Write(Open("f", O_WRONLY).Ok(), "x").Gives(1);
            Rename("f", "g").Ok();
            Same((ForAlice, 660), (Of("g", AclText.Access), ModeOf("g")));
        }),
        Anyone("one is removed, the mode of the mask stays", [AFile("f", "text", 660).With(AclText.Access, Parse(ForAlice))], () =>
        {
            RemoveXattr("f", AclText.Access).Ok();
            GetXattr("f", AclText.Access).Is(NODATA);
        }),
        Anyone("one without a mask beside a user is EINVAL", [AFile("f")], () => Set("f", AclText.Access, "u::rw-,u:60001:rw-,g::r--,o::---").Is(INVAL)),
        Anyone("one without others is EINVAL", [AFile("f")], () => Set("f", AclText.Access, "u::rw-,g::r--").Is(INVAL)),
        Anyone("bytes that are none are EINVAL or EOPNOTSUPP", [AFile("f")], () => SetXattr("f", AclText.Access, [9, 9, 9, 9, 1, 2, 3]).Is(INVAL, NOTSUP)),
        Anyone("a default ACL of a file is EACCES", [AFile("f")], () => Set("f", AclText.Default, Inherited).Is(ACCES)),
        Anyone("an ACL of a link itself is EOPNOTSUPP", [ASymlink("l", "x")], () => LSetXattr("l", AclText.Access, Parse(ForAlice)).Is(NOTSUP)),
        Anyone("a default ACL is set and read and changes no mode", [ADirectory("d", 711)], () =>
        {
            Set("d", AclText.Default, Inherited).Ok();
            Same((Inherited, 711), (Of("d", AclText.Default), ModeOf("d")));
        }),
        Anyone("a new file inherits, whatever the umask", [ADirectory("d", 755).With(AclText.Default, Parse(Inherited))], () => WithUmask(77, () =>
        {
            Create("d/f", 666);
            Same(("u::rw-,u:60001:rwx,g::r-x,m::rw-,o::---", 660), (Of("d/f", AclText.Access), ModeOf("d/f")));
            GetXattr("d/f", AclText.Default).Is(NODATA);
        })),
        Anyone("a new directory inherits both", [ADirectory("d", 755).With(AclText.Default, Parse(Inherited))], () => WithUmask(77, () =>
        {
            Mkdir("d/e", 755).Ok();
            Same(("u::rwx,u:60001:rwx,g::r-x,m::r-x,o::---", Inherited, 750), (Of("d/e", AclText.Access), Of("d/e", AclText.Default), ModeOf("d/e")));
        })),
        Anyone("a default ACL of three entries stands for the umask", [ADirectory("d").With(AclText.Default, Parse("u::rwx,g::rwx,o::r--"))], () => WithUmask(77, () =>
        {
            Create("d/f", 666);
            Mkdir("d/e", 777).Ok();
            Same((664, 774), (ModeOf("d/f"), ModeOf("d/e")));
            GetXattr("d/f", AclText.Access).Is(NODATA);
        })),
        Anyone("a default ACL takes what the mode does not ask for", [ADirectory("d").With(AclText.Default, Parse("u::rwx,g::rwx,o::rwx"))], () =>
        {
            Create("d/f", 604);
            Same(604, ModeOf("d/f"));
        }),
        Anyone("a new FIFO inherits", [ADirectory("d").With(AclText.Default, Parse(Inherited))], () =>
        {
            Mkfifo("d/p", 666).Ok();
            Same("u::rw-,u:60001:rwx,g::r-x,m::rw-,o::---", Of("d/p", AclText.Access));
        }),
        Anyone("a new link inherits nothing", [ADirectory("d").With(AclText.Default, Parse(Inherited))], () =>
        {
            Symlink("x", "d/l").Ok();
            LGetXattr("d/l", AclText.Access).Is(NODATA, NOTSUP);
        }),
        Anyone("a file moved in inherits nothing", [ADirectory("d").With(AclText.Default, Parse(Inherited)), AFile("f", "", 600)], () =>
        {
            Rename("f", "d/f").Ok();
            GetXattr("d/f", AclText.Access).Is(NODATA);
            Same(600, ModeOf("d/f"));
        }),
        Anyone("a file made anew inherits too", [ADirectory("d").With(AclText.Default, Parse(Inherited)), AFile("d/f", "old", 600)], () =>
        {
            Unlink("d/f").Ok();
            Create("d/f", 666);
            Same(660, ModeOf("d/f"));
        }),
        Anyone("a default ACL set a moment ago holds", [ADirectory("d")], () =>
        {
            Create("d/before", 666);
            Set("d", AclText.Default, "u::rwx,g::rwx,o::---").Ok();
            Create("d/after", 666);
            Same((644, 660), (ModeOf("d/before"), ModeOf("d/after")));
        }),
        Anyone("a default ACL removed a moment ago is gone", [ADirectory("d").With(AclText.Default, Parse(Inherited))], () =>
        {
            RemoveXattr("d", AclText.Default).Ok();
            Create("d/f", 666);
            Same(644, ModeOf("d/f"));
            GetXattr("d/f", AclText.Access).Is(NODATA);
        }),
        Anyone("O_TMPFILE inherits", [ADirectory("d").With(AclText.Default, Parse(Inherited))], () =>
        {
            var fd = Open("d", O_TMPFILE | O_RDWR, 666).Ok();
            LinkFile(fd, "d/f").Ok();
            Same((660, "u::rw-,u:60001:rwx,g::r-x,m::rw-,o::---"), (ModeOf("d/f"), Of("d/f", AclText.Access)));
        }),
        Root("a user named in it is let in", [AFile("f", "text", 660).With(AclText.Access, Parse(ForAlice))], () => As(Alice, () =>
        {
            WriteFile("f", "new");
            Same("new", TextOf("f"));
        })),
        Root("the mask takes the right away", [AFile("f", "text", 600).With(AclText.Access, Parse("u::rw-,u:60001:rw-,g::r--,m::---,o::---"))], () => As(Alice, () => TryOpen("f", O_RDONLY).Is(ACCES))),
        Root("a user named with no right is kept out though others are let in", [AFile("f", "text", 644).With(AclText.Access, Parse("u::rw-,u:60001:---,g::r--,m::r--,o::r--"))],
            () => As(Alice, () => TryOpen("f", O_RDONLY).Is(ACCES))),
        Root("a group named in it is let in by a supplementary group", [AFile("f", "text", 640).With(AclText.Access, Parse("u::rw-,g::---,g:60010:r--,m::r--,o::---"))],
            () => As(Alice, Alice, [Staff], () => Same("text", TextOf("f")))),
        Root("one that was just set lets in at once", [AFile("f", "text", 600)], () =>
        {
            As(Alice, () => TryOpen("f", O_RDONLY).Is(ACCES));
            Set("f", AclText.Access, ForAlice).Ok();
            As(Alice, () => Same("text", TextOf("f")));
        }),
        Root("a directory's ACL lets a user make names", [ADirectory("d", 770).With(AclText.Access, Parse("u::rwx,u:60001:rwx,g::r-x,m::rwx,o::---"))], () => As(Alice, () => Create("d/f"))),
        Root("one by another than the owner is EPERM", [AFile("f", "", 666)], () => As(Alice, () => Set("f", AclText.Access, ForAlice).Is(PERM))),
        Root("one by an owner who is no member of the group clears setgid", [AFile("f", "", 2755).OwnedBy(Alice, Staff)], () => As(Alice, () =>
        {
            Set("f", AclText.Access, "u::rwx,g::r-x,o::r-x").Ok();
            Same(755, ModeOf("f"));
        })),
        Root("one by an owner who is a member leaves setgid", [AFile("f", "", 2755).OwnedBy(Alice, Staff)], () => As(Alice, Alice, [Staff], () =>
        {
            Set("f", AclText.Access, "u::rwx,g::r-x,o::r-x").Ok();
            Same(2755, ModeOf("f"));
        })));
}
