namespace OverlayFuse.Conformance;

/// <summary>setxattr(2), getxattr(2), listxattr(2), removexattr(2).</summary>
internal static class XattrCases
{
    public static Case[] All => OfFamily("xattr",
        Anyone("a value is set and read", [AFile("f", "text")], () =>
        {
            SetXattr("f", "user.a", "value").Ok();
            Same(("value", "text"), (XattrOf("f", "user.a"), TextOf("f")));
        }),
        Anyone("a value that is there is read", [AFile("f").With("user.a", "value")], () => Same("value", XattrOf("f", "user.a"))),
        Anyone("a value that is there stays when something else changes", [AFile("f", "text").With("user.a", "value")], () =>
        {
            Write(Open("f", O_WRONLY).Ok(), "x").Gives(1);
            Chmod("f", 600).Ok();
            SetXattr("f", "user.b", "other").Ok();
            Rename("f", "g").Ok();
            Same(("value", "other"), (XattrOf("g", "user.a"), XattrOf("g", "user.b")));
        }),
        Anyone("a value is replaced", [AFile("f").With("user.a", "long old value")], () =>
        {
            SetXattr("f", "user.a", "new").Ok();
            Same("new", XattrOf("f", "user.a"));
        }),
        Anyone("an empty value is kept", [AFile("f")], () =>
        {
            SetXattr("f", "user.a", "").Ok();
            GetXattr("f", "user.a").Gives(0);
            ListXattr("f", out var names).Is(None);
            Same("user.a", string.Join(' ', names));
        }),
        Anyone("bytes of any value are kept", [AFile("f")], () =>
        {
            SetXattr("f", "user.a", [0, 255, 0, 10]).Ok();
            GetXattr("f", "user.a", out var value).Gives(4);
            Same("00FF000A", Convert.ToHexString(value));
        }),
        Anyone("a size of 0 asks for the length", [AFile("f").With("user.a", "value")], () => GetXattr("f", "user.a", out _, 0).Gives(5)),
        Anyone("a buffer too short is ERANGE", [AFile("f").With("user.a", "value")], () => GetXattr("f", "user.a", out _, 4).Is(RANGE)),
        Anyone("a buffer that just fits", [AFile("f").With("user.a", "value")], () => GetXattr("f", "user.a", out _, 5).Gives(5)),
        Anyone("an attribute that is not there is ENODATA", [AFile("f")], () => GetXattr("f", "user.a").Is(NODATA)),
        Anyone("XATTR_CREATE of one that is there is EEXIST", [AFile("f").With("user.a", "value")], () => SetXattr("f", "user.a", "x", XATTR_CREATE).Is(EXIST)),
        Anyone("XATTR_CREATE of one that is not there sets it", [AFile("f")], () => SetXattr("f", "user.a", "x", XATTR_CREATE).Ok()),
        Anyone("XATTR_REPLACE of one that is not there is ENODATA", [AFile("f")], () => SetXattr("f", "user.a", "x", XATTR_REPLACE).Is(NODATA)),
        Anyone("XATTR_REPLACE of one that is there sets it", [AFile("f").With("user.a", "value")], () =>
        {
            SetXattr("f", "user.a", "x", XATTR_REPLACE).Ok();
            Same("x", XattrOf("f", "user.a"));
        }),
        Anyone("a flag that is none is EINVAL", [AFile("f")], () => SetXattr("f", "user.a", "x", 64).Is(INVAL)),
        Anyone("one is removed", [AFile("f").With("user.a", "1").With("user.b", "2")], () =>
        {
            RemoveXattr("f", "user.a").Ok();
            GetXattr("f", "user.a").Is(NODATA);
            Same("2", XattrOf("f", "user.b"));
        }),
        Anyone("one that is not there cannot be removed: ENODATA", [AFile("f")], () => RemoveXattr("f", "user.a").Is(NODATA)),
        Anyone("all are listed", [AFile("f").With("user.a", "1").With("user.b", "2")], () =>
        {
            SetXattr("f", "user.c", "3").Ok();
            ListXattr("f", out var names).Is(None);
            Same("user.a user.b user.c", string.Join(' ', names.Order()));
        }),
        Anyone("none are listed as nothing", [AFile("f")], () => ListXattr("f", out _).Gives(0)),
        Anyone("a list of size 0 asks for the length", [AFile("f").With("user.a", "1")], () => ListXattr("f", out _, 0).Gives(7)),
        Anyone("a list too short is ERANGE", [AFile("f").With("user.a", "1")], () => ListXattr("f", out _, 3).Is(RANGE)),
        Anyone("of a directory", [ADirectory("d").With("user.a", "1"), AFile("d/f")], () =>
        {
            SetXattr("d", "user.b", "2").Ok();
            Same(("1", "2", "f"), (XattrOf("d", "user.a"), XattrOf("d", "user.b"), NamesIn("d")));
        }),
        Anyone("a link passes it to its target", [AFile("f"), ASymlink("l", "f")], () =>
        {
            SetXattr("l", "user.a", "1").Ok();
            Same("1", XattrOf("f", "user.a"));
        }),
        Anyone("user attributes of a link itself are EPERM", [ASymlink("l", "f")], () => LSetXattr("l", "user.a", [1]).Is(PERM)),
        Anyone("user attributes of a FIFO are EPERM", [AFifo("p")], () => SetXattr("p", "user.a", "1").Is(PERM)),
        Anyone("a link itself has none", [ASymlink("l", "nowhere")], () =>
        {
            LGetXattr("l", "user.a").Is(NODATA);
            LListXattr("l").Gives(0);
        }),
        Root("a trusted attribute of a link itself is kept", [ASymlink("l", "nowhere")], () =>
        {
            LSetXattr("l", "trusted.a", [1, 2]).Ok();
            LGetXattr("l", "trusted.a").Gives(2);
            LRemoveXattr("l", "trusted.a").Ok();
            LGetXattr("l", "trusted.a").Is(NODATA);
        }),
        Root("a trusted attribute is not seen by others", [AFile("f", "", 666).With("trusted.a", "1").With("user.b", "2")], () => As(Alice, () =>
        {
            GetXattr("f", "trusted.a").Is(NODATA, PERM);
            ListXattr("f", out var names).Is(None);
            Same("user.b", string.Join(' ', names));
        })),
        Ordinary("a trusted attribute by an ordinary user is EPERM", [AFile("f")], () => SetXattr("f", "trusted.a", "1").Is(PERM)),
        Anyone("a name without a class is EOPNOTSUPP", [AFile("f")], () => SetXattr("f", "plain", "1").Is(NOTSUP)),
        Anyone("a class that is none is EOPNOTSUPP", [AFile("f")], () => SetXattr("f", "strange.a", "1").Is(NOTSUP)),
        Anyone("an empty name is ERANGE", [AFile("f")], () => SetXattr("f", "", "1").Is(RANGE)),
        Anyone("a name of 255 bytes is taken", [AFile("f")], () => SetXattr("f", "user." + new string('n', 250), "1").Ok()),
        Anyone("a name of 256 bytes is ERANGE", [AFile("f")], () => SetXattr("f", "user." + new string('n', 251), "1").Is(RANGE)),
        Anyone("a value over 64 KiB is E2BIG", [AFile("f")], () => SetXattr("f", "user.a", new byte[65537]).Is(TooBig)),
        Anyone("a value of 2000 bytes is kept", [AFile("f")], () =>
        {
            SetXattr("f", "user.a", new string('v', 2000)).Ok();
            Same(new string('v', 2000), XattrOf("f", "user.a"));
        }),
        Anyone("a name that is not there is ENOENT", [], () =>
        {
            SetXattr("x", "user.a", "1").Is(NOENT);
            GetXattr("x", "user.a").Is(NOENT);
            RemoveXattr("x", "user.a").Is(NOENT);
        }),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => SetXattr("f/x", "user.a", "1").Is(NOTDIR)),
        Anyone("a circle of links is ELOOP", [ASymlink("a", "a")], () => GetXattr("a", "user.a").Is(LOOP)),
        Anyone("by descriptor", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            FSetXattr(fd, "user.a", "value").Ok();
            FGetXattr(fd, "user.a").Gives(5);
        }),
        Anyone("of a file without a name", [AFile("f").With("user.a", "value")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Unlink("f").Ok();
            FGetXattr(fd, "user.a").Gives(5);
            FSetXattr(fd, "user.b", "new").Ok();
            FGetXattr(fd, "user.b").Gives(3);
        }),
        Anyone("the change time alone moves", [AFile("f")], () => Moves("f", "c", () => SetXattr("f", "user.a", "1").Ok())),
        Anyone("all names have the attribute", [AFile("a"), AHardLink("b", "a")], () =>
        {
            SetXattr("a", "user.a", "1").Ok();
            Same("1", XattrOf("b", "user.a"));
        }),
        Ordinary("a file that may not be written is EACCES", [AFile("f", "", 444)], () => SetXattr("f", "user.a", "1").Is(ACCES)),
        Ordinary("a file that may not be read is EACCES", [AFile("f", "", 222).With("user.a", "1")], () => GetXattr("f", "user.a").Is(ACCES)),
        Root("a file of somebody else that may be written", [AFile("f", "", 666)], () => As(Alice, () => SetXattr("f", "user.a", "1").Ok())),
        Root("a sticky directory of somebody else is EPERM", [ADirectory("d", 1777)], () => As(Alice, () => SetXattr("d", "user.a", "1").Is(PERM))),
        Anyone("a name like a mark of a union is an attribute like any other", [ADirectory("d"), AFile("d/f")], () =>
        {
            SetXattr("d", "user.overlay.opaque", "y").Ok();
            Same(("y", "f"), (XattrOf("d", "user.overlay.opaque"), NamesIn("d")));
            ListXattr("d", out var names).Is(None);
            Same("user.overlay.opaque", string.Join(' ', names));
        }),
        Root("a trusted name like a mark of a union is one like any other", [ADirectory("d"), AFile("d/f")], () =>
        {
            SetXattr("d", "trusted.overlay.opaque", "y").Ok();
            SetXattr("d", "trusted.overlay.redirect", "/nowhere").Ok();
            Same(("y", "/nowhere", "f"), (XattrOf("d", "trusted.overlay.opaque"), XattrOf("d", "trusted.overlay.redirect"), NamesIn("d")));
            RemoveXattr("d", "trusted.overlay.opaque").Ok();
            GetXattr("d", "trusted.overlay.opaque").Is(NODATA);
        }));
}
