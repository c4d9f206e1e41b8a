namespace OverlayFuse.Conformance;

/// <summary>open(2): what is there, what is made, what is refused.</summary>
internal static class OpenCases
{
    public static Case[] All => OfFamily("open",
        Anyone("a name that is not there is ENOENT", [], () => TryOpen("x", O_RDONLY).Is(NOENT)),
        Anyone("a directory on the way that is not there is ENOENT", [], () => TryOpen("x/f", O_RDONLY | O_CREAT).Is(NOENT)),
        Anyone("the empty path is ENOENT", [], () => TryOpen("", O_RDONLY).Is(NOENT)),
        Anyone("a dangling link is ENOENT", [ASymlink("l", "nowhere")], () => TryOpen("l", O_RDONLY).Is(NOENT)),
        Anyone("O_CREAT through a dangling link makes the target", [ASymlink("l", "target")], () =>
        {
            WriteFile("l", "made");
            Same("made", TextOf("target"));
            Same(FileType.Symlink, TypeOf("l"));
        }),
        Anyone("O_CREAT|O_EXCL of a file is EEXIST", [AFile("f")], () => TryOpen("f", O_CREAT | O_EXCL | O_RDWR).Is(EXIST)),
        Anyone("O_CREAT|O_EXCL of a directory is EEXIST", [ADirectory("d")], () => TryOpen("d", O_CREAT | O_EXCL | O_RDWR).Is(EXIST)),
        Anyone("O_CREAT|O_EXCL of a dangling link is EEXIST", [ASymlink("l", "nowhere")], () => TryOpen("l", O_CREAT | O_EXCL | O_RDWR).Is(EXIST)),
        Anyone("O_CREAT|O_EXCL of a FIFO is EEXIST", [AFifo("p")], () => TryOpen("p", O_CREAT | O_EXCL | O_RDWR).Is(EXIST)),
        Anyone("a directory for writing is EISDIR", [ADirectory("d")], () => TryOpen("d", O_WRONLY).Is(ISDIR)),
        Anyone("a directory for reading and writing is EISDIR", [ADirectory("d")], () => TryOpen("d", O_RDWR).Is(ISDIR)),
        Anyone("a directory with O_CREAT is EISDIR", [ADirectory("d")], () => TryOpen("d", O_RDONLY | O_CREAT).Is(ISDIR)),
        Anyone("a directory with O_TRUNC is EISDIR", [ADirectory("d")], () => TryOpen("d", O_RDONLY | O_TRUNC).Is(ISDIR)),
        Anyone("O_CREAT of a name with a slash behind is EISDIR", [], () => TryOpen("x/", O_WRONLY | O_CREAT).Is(ISDIR)),
        Anyone("O_CREAT with O_DIRECTORY is EINVAL", [], () => TryOpen("x", O_RDONLY | O_CREAT | O_DIRECTORY).Is(INVAL)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => TryOpen("f/x", O_RDONLY).Is(NOTDIR)),
        Anyone("O_DIRECTORY of a file is ENOTDIR", [AFile("f")], () => TryOpen("f", O_RDONLY | O_DIRECTORY).Is(NOTDIR)),
        Anyone("a file with a slash behind is ENOTDIR", [AFile("f")], () => TryOpen("f/", O_RDONLY).Is(NOTDIR)),
        Anyone("O_DIRECTORY of a link to a directory opens it", [ADirectory("d"), ASymlink("l", "d")], () => TryOpen("l", O_RDONLY | O_DIRECTORY).Ok()),
        Anyone("O_NOFOLLOW of a link is ELOOP", [AFile("f"), ASymlink("l", "f")], () => TryOpen("l", O_RDONLY | O_NOFOLLOW).Is(LOOP)),
        Anyone("O_NOFOLLOW|O_DIRECTORY of a link to a directory is ENOTDIR", [ADirectory("d"), ASymlink("l", "d")],
            () => TryOpen("l", O_RDONLY | O_NOFOLLOW | O_DIRECTORY).Is(NOTDIR)),
        Anyone("O_NOFOLLOW follows links on the way", [ADirectory("d"), AFile("d/f"), ASymlink("l", "d")], () => TryOpen("l/f", O_RDONLY | O_NOFOLLOW).Ok()),
        Anyone("O_PATH|O_NOFOLLOW of a link is the link", [ASymlink("l", "nowhere")],
            () => Same(FileType.Symlink, FStat(Open("l", O_PATH | O_NOFOLLOW).Ok()).Type)),
        Anyone("a descriptor of O_PATH cannot be read", [AFile("f", "text")], () => Read(Open("f", O_PATH).Ok(), new byte[1]).Is(BADF)),
        Anyone("a socket is ENXIO", [ASocket("s")], () => TryOpen("s", O_RDWR).Is(NXIO)),
        Root("a device without a driver is ENXIO", [ACharDevice("c", 4000, 77)], () => TryOpen("c", O_RDWR).Is(NXIO)),
        Anyone("O_TRUNC empties the file", [AFile("f", "lower")], () =>
        {
            TryOpen("f", O_WRONLY | O_TRUNC).Ok();
            Same(0, SizeOf("f"));
            Same("", TextOf("f"));
        }),
        Anyone("O_TRUNC moves the times", [AFile("f", "lower")], () => Moves("f", "mc", () => TryOpen("f", O_WRONLY | O_TRUNC).Ok())),
        Anyone("opening for writing alone moves no time", [AFile("f", "lower")], () => Moves("f", "", () => TryOpen("f", O_RDWR).Ok()))
            .Differs(Engine.Kernel, "saw 'c'", "kernel overlayfs copies up at open(2), and nobody can set a time of change", Origin.Below),
        Anyone("O_CREAT of a file that is there leaves its mode and content", [AFile("f", "text", 640)], () =>
        {
            TryOpen("f", O_RDWR | O_CREAT, 777).Ok();
            Same(640, ModeOf("f"));
            Same("text", TextOf("f"));
        }),
        Anyone("O_CREAT of a file that is there leaves the directory's times", [ADirectory("d"), AFile("d/f")],
            () => Moves("d", "", () => TryOpen("d/f", O_RDWR | O_CREAT).Ok()))
            .Differs(Engine.Kernel, "saw 'c'", "kernel overlayfs copies up at open(2), and nobody can set a time of change", Origin.Below),
        Anyone("O_CREAT moves the directory's times", [ADirectory("d")], () => Moves("d", "mc", () => Create("d/f"))),
        Anyone("a new file belongs to its maker", [], () =>
        {
            Create("f");
            Same((MyUid, MyGid), OwnerOf("f"));
        }),
        Anyone("a new file has the mode that the umask leaves", [], () => WithUmask(27, () =>
        {
            Create("f", 666);
            Same(640, ModeOf("f"));
        })),
        Anyone("a new file may have setuid, setgid and sticky", [], () =>
        {
            Create("f", 7755);
            Same(7755, ModeOf("f"));
        }),
        Anyone("a new file is empty and has one link", [], () =>
        {
            Create("f");
            Same(0, SizeOf("f"));
            Same(1u, LinksOf("f"));
        }),
        Ordinary("a file made without any right is written by its maker", [], () =>
        {
            var fd = Open("f", O_RDWR | O_CREAT | O_EXCL, 0).Ok();
            Write(fd, "text").Gives(4);
            Same("text", TextAt(fd, 0));
            TryOpen("f", O_RDONLY).Is(ACCES);
        }),
        Ordinary("a file made read-only is written by its maker", [], () =>
        {
            var fd = Open("f", O_WRONLY | O_CREAT, 444).Ok();
            Write(fd, "text").Gives(4);
            Close(fd).Ok();
            Same("text", TextOf("f"));
            TryOpen("f", O_WRONLY).Is(ACCES);
        }),
        Anyone("writing to a descriptor for reading is EBADF", [AFile("f")], () => Write(Open("f", O_RDONLY).Ok(), "x").Is(BADF)),
        Anyone("reading from a descriptor for writing is EBADF", [AFile("f", "x")], () => Read(Open("f", O_WRONLY).Ok(), new byte[1]).Is(BADF)),
        Anyone("reading a directory is EISDIR", [ADirectory("d")], () => Read(Open("d", O_RDONLY).Ok(), new byte[1]).Is(ISDIR)),
        Anyone("two opens have offsets of their own", [AFile("f", "abc")], () =>
        {
            int one = Open("f", O_RDONLY).Ok(), two = Open("f", O_RDONLY).Ok();
            Read(one, new byte[2]).Gives(2);
            LSeek(two, 0, SEEK_CUR).Gives(0);
        }),
        Anyone("copies of a descriptor share the offset", [AFile("f", "abc")], () =>
        {
            var one = Open("f", O_RDONLY).Ok();
            var two = Dup(one).Ok();
            Read(one, new byte[2]).Gives(2);
            LSeek(two, 0, SEEK_CUR).Gives(2);
        }),
        Anyone("openat is relative to its directory", [ADirectory("d"), AFile("d/f", "inner"), AFile("f", "outer")],
            () => Same("inner", TextAt(OpenAt(Open("d", O_PATH).Ok(), "f", O_RDONLY).Ok(), 0))),
        Anyone("openat of a file's descriptor is ENOTDIR", [AFile("f")], () => OpenAt(Open("f", O_RDONLY).Ok(), "x", O_RDONLY).Is(NOTDIR)),
        Anyone("openat of no descriptor is EBADF", [], () => OpenAt(-1, "x", O_RDONLY).Is(BADF)),
        Anyone("a name in a removed directory cannot be made", [ADirectory("d")], () =>
        {
            var d = Open("d", O_RDONLY).Ok();
            Rmdir("d").Ok();
            OpenAt(d, "x", O_RDWR | O_CREAT).Is(NOENT);
        }),
        Root("O_NOATIME by another than the owner is EPERM", [AFile("f")], () => As(Alice, () => TryOpen("f", O_RDONLY | O_NOATIME).Is(PERM))),
        Anyone("O_NOATIME by the owner opens", [AFile("f")], () => TryOpen("f", O_RDONLY | O_NOATIME).Ok()),
        Anyone("O_SYNC and O_DSYNC are taken", [AFile("f")], () =>
        {
            Write(Open("f", O_WRONLY | O_SYNC).Ok(), "ab").Gives(2);
            Write(Open("f", O_WRONLY | O_DSYNC).Ok(), "c").Gives(1);
            Same("cb", TextOf("f"));
        }));
}
