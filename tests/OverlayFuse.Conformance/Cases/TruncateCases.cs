namespace OverlayFuse.Conformance;

/// <summary>truncate(2), ftruncate(2), and files beyond common sizes.</summary>
internal static class TruncateCases
{
    public static Case[] All => OfFamily("truncate",
        Anyone("a shorter file keeps its beginning", [AFile("f", "0123456789")], () =>
        {
            Truncate("f", 4).Ok();
            Same((4L, "0123"), (SizeOf("f"), TextOf("f")));
        }),
        Anyone("a longer file has zeros behind", [AFile("f", "01")], () =>
        {
            Truncate("f", 5).Ok();
            Same("01\0\0\0", TextOf("f"));
        }),
        Anyone("shorter and longer again shows zeros, not the old bytes", [AFile("f", "0123456789")], () =>
        {
            Truncate("f", 3).Ok();
            Truncate("f", 6).Ok();
            Same("012\0\0\0", TextOf("f"));
        }),
        Anyone("nothing is left", [AFile("f", "0123")], () =>
        {
            Truncate("f", 0).Ok();
            Same(("", 0L), (TextOf("f"), SizeOf("f")));
        }),
        Anyone("the same length keeps the bytes", [AFile("f", "0123")], () =>
        {
            Truncate("f", 4).Ok();
            Same("0123", TextOf("f"));
        }),
        Anyone("the times move", [AFile("f", "0123")], () => Moves("f", "mc", () => Truncate("f", 2).Ok())),
        Anyone("a longer file's times move", [AFile("f", "0123")], () => Moves("f", "mc", () => Truncate("f", 200).Ok())),
        Anyone("the times move where the length is what it was", [AFile("f", "0123")], () => Moves("f", "mc", () => Truncate("f", 4).Ok()))
            .Differs(Engine.Writeback, "saw ''", "FUSE: with the writeback cache the kernel keeps the times, sets them only where the length changes, and takes none from the daemon"),
        Anyone("ftruncate moves the times where the length is what it was", [AFile("f", "0123")], () => Moves("f", "mc", () => FTruncate(Open("f", O_RDWR).Ok(), 4).Ok())),
        Anyone("a link passes it to its target", [AFile("f", "0123"), ASymlink("l", "f")], () =>
        {
            Truncate("l", 1).Ok();
            Same("0", TextOf("f"));
        }),
        Anyone("a negative length is EINVAL", [AFile("f")], () => Truncate("f", -1).Is(INVAL)),
        Anyone("a directory is EISDIR", [ADirectory("d")], () => Truncate("d", 0).Is(ISDIR)),
        Anyone("a FIFO is EINVAL", [AFifo("p")], () => Truncate("p", 0).Is(INVAL)),
        Anyone("a name that is not there is ENOENT", [], () => Truncate("x", 0).Is(NOENT)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Truncate("f/x", 0).Is(NOTDIR)),
        Anyone("a circle of links is ELOOP", [ASymlink("a", "a")], () => Truncate("a", 0).Is(LOOP)),
        Ordinary("a file that may not be written is EACCES", [AFile("f", "0123", 444)], () => Truncate("f", 0).Is(ACCES)),
        Ordinary("through a directory that may not be searched it is EACCES", [ADirectory("d", 666), AFile("d/f")], () => Truncate("d/f", 0).Is(ACCES)),
        Root("a file of somebody else is EACCES", [AFile("f", "0123", 644)], () => As(Alice, () => Truncate("f", 0).Is(ACCES))),
        Anyone("a length that no file has is EFBIG or EINVAL", [AFile("f")], () => Truncate("f", long.MaxValue).Is(FBIG, INVAL)),
        Anyone("ftruncate of a descriptor for reading is EINVAL", [AFile("f", "0123")], () => FTruncate(Open("f", O_RDONLY).Ok(), 0).Is(INVAL, BADF)),
        Anyone("ftruncate of no descriptor is EBADF", [], () => FTruncate(-1, 0).Is(BADF)),
        Anyone("ftruncate of a negative length is EINVAL", [AFile("f")], () => FTruncate(Open("f", O_RDWR).Ok(), -1).Is(INVAL)),
        Anyone("ftruncate leaves the offset", [AFile("f", "0123")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            LSeek(fd, 3, SEEK_SET).Gives(3);
            FTruncate(fd, 1).Ok();
            Write(fd, "x").Gives(1);
            Same("0\0\0x", TextOf("f"));
        }),
        Ordinary("ftruncate works on when the mode is taken", [AFile("f", "0123")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Chmod("f", 0).Ok();
            FTruncate(fd, 2).Ok();
            Same("01", TextAt(fd, 0));
        }),
        Anyone("ftruncate of a file without a name", [AFile("f", "0123")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Unlink("f").Ok();
            FTruncate(fd, 2).Ok();
            Same(("01", 2ul), (TextAt(fd, 0), FStat(fd).Size));
        }),
        Anyone("another descriptor sees the new length at once", [AFile("f", "0123")], () =>
        {
            var reader = Open("f", O_RDONLY).Ok();
            Same("0123", TextAt(reader, 0));
            Truncate("f", 2).Ok();
            Same("01", TextAt(reader, 0));
        }),
        Anyone("what was written is cut off with the rest", [AFile("f", "0123")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            PWrite(fd, "abcdef", 2).Gives(6);
            FTruncate(fd, 4).Ok();
            Same("01ab", TextAt(fd, 0));
        }),
        Anyone("all names have the new length", [AFile("a", "0123"), AHardLink("b", "a")], () =>
        {
            Truncate("a", 2).Ok();
            Same(2, SizeOf("b"));
        }));

    public static Case[] Large => OfFamily("large offsets",
        Anyone("a byte behind 4 GiB", [AFile("f", "0")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            PWrite(fd, "x", 5_000_000_000).Gives(1);
            Same(5_000_000_001, SizeOf("f"));
            Same("\0x", TextAt(fd, 4_999_999_999));
        }),
        Anyone("a byte behind 1 TiB", [], () =>
        {
            var fd = Open("f", O_RDWR | O_CREAT).Ok();
            PWrite(fd, "end", 1L << 40).Gives(3);
            Same("end", TextAt(fd, 1L << 40));
            Same((1L << 40) + 3, LSeek(fd, 0, SEEK_END).Value);
        }),
        Anyone("a length of 8 TiB", [AFile("f", "begin")], () =>
        {
            Truncate("f", 8L << 40).Ok();
            Same(8L << 40, SizeOf("f"));
            Same("begin", TextAt(Open("f", O_RDONLY).Ok(), 0, 5));
        }),
        Anyone("the hole takes no blocks", [], () =>
        {
            var fd = Open("f", O_RDWR | O_CREAT).Ok();
            PWrite(fd, "x", 1L << 32).Gives(1);
            FSync(fd).Ok();
            True(FStat(fd).Blocks < 1024);
        }),
        Anyone("seeking beyond the end is allowed and writes nothing", [AFile("f", "0123")], () =>
        {
            LSeek(Open("f", O_RDWR).Ok(), 1L << 33, SEEK_SET).Gives(1L << 33);
            Same(4, SizeOf("f"));
        }),
        Anyone("a negative position is EINVAL", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            LSeek(fd, -1, SEEK_SET).Is(INVAL);
            LSeek(fd, -1, SEEK_CUR).Is(INVAL);
            PRead(fd, new byte[1], -1).Is(INVAL);
            PWrite(fd, "x", -1).Is(INVAL);
        }),
        Anyone("reading behind the end gives nothing", [AFile("f", "0123")], () => PRead(Open("f", O_RDONLY).Ok(), new byte[10], 1L << 40).Gives(0)),
        Anyone("writing where no file reaches is EFBIG", [AFile("f")], () =>
        {
            var fd = Open("f", O_WRONLY).Ok();
            var result = PWrite(fd, "x", long.MaxValue - 1);
            if (result.Error == None) FSync(fd).Is(FBIG);
            FTruncate(fd, 0).Ok();
            _ = SyncFs(fd); // an error that no syncfs(2) has told yet is told to whoever asks next
            result.Is(FBIG, INVAL);
        }).Differs(Engine.Writeback, "saw None", "FUSE has no way to tell the kernel the largest size of a file; fsync(2) says it"),
        Anyone("a position that is none is EINVAL", [AFile("f")], () => LSeek(Open("f", O_RDONLY).Ok(), 0, 99).Is(INVAL)),
        Anyone("a position in a FIFO is ESPIPE", [AFifo("p")], () => LSeek(Open("p", O_RDONLY | O_NONBLOCK).Ok(), 0, SEEK_SET).Is(SPIPE)));
}
