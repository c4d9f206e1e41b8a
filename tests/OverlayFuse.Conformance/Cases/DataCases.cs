namespace OverlayFuse.Conformance;

/// <summary>Holes, fallocate(2), copy_file_range(2), appending, direct I/O.</summary>
internal static class DataCases
{
    private const int Block = 65536;

    public static Case[] Holes => OfFamily("holes",
        Anyone("a hole is found, and the data behind it", [], () =>
        {
            var fd = WithHole("f");
            LSeek(fd, 0, SEEK_DATA).Gives(0);
            LSeek(fd, 0, SEEK_HOLE).Gives(Block);
            LSeek(fd, Block, SEEK_DATA).Gives(2 * Block);
            LSeek(fd, 2 * Block, SEEK_HOLE).Gives(3 * Block);
        }),
        Anyone("a hole that was there before is found", [AFile("f", "text").OfSize(4 * Block)], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            LSeek(fd, 0, SEEK_DATA).Gives(0);
            LSeek(fd, 0, SEEK_HOLE).Gives(4096);
            LSeek(fd, Block, SEEK_DATA).Is(NXIO);
        }),
        Anyone("a hole stays one when the file is changed elsewhere", [AFile("f", "text").OfSize(4 * Block)], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            PWrite(fd, "end", 4 * Block).Gives(3);
            FSync(fd).Ok();
            True(FStat(fd).Blocks < 64);
            LSeek(fd, 4096, SEEK_DATA).Gives(4 * Block);
        }).Differs(Engine.Kernel, "expected: FStat(fd).Blocks", "kernel overlayfs copies in pieces of 1 MiB and fills the holes in them", Origin.Below),
        Anyone("a hole reads as zeros", [AFile("f", "text").OfSize(100)], () => Same("text\0\0", TextAt(Open("f", O_RDONLY).Ok(), 0, 6))),
        Anyone("the end of the file is a hole", [AFile("f", "text")], () => LSeek(Open("f", O_RDONLY).Ok(), 0, SEEK_HOLE).Gives(4)),
        Anyone("data at or behind the end is ENXIO", [AFile("f", "text")], () => LSeek(Open("f", O_RDONLY).Ok(), 4, SEEK_DATA).Is(NXIO)),
        Anyone("a hole behind the end is ENXIO", [AFile("f", "text")], () => LSeek(Open("f", O_RDONLY).Ok(), 5, SEEK_HOLE).Is(NXIO)),
        Anyone("a negative position is ENXIO", [AFile("f", "text")], () => LSeek(Open("f", O_RDONLY).Ok(), -1, SEEK_DATA).Is(NXIO, INVAL)),
        Anyone("an empty file has no data", [AFile("f")], () => LSeek(Open("f", O_RDONLY).Ok(), 0, SEEK_DATA).Is(NXIO)),
        Anyone("what was just written is data", [AFile("f").OfSize(4 * Block)], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            PWrite(fd, "data", 2 * Block).Gives(4);
            LSeek(fd, 0, SEEK_DATA).Gives(2 * Block);
        }));

    public static Case[] Allocation => OfFamily("fallocate",
        Anyone("space behind the end makes the file longer", [AFile("f", "text")], () =>
        {
            Fallocate(Open("f", O_RDWR).Ok(), 0, 0, 1000).Ok();
            Same((1000L, "text\0"), (SizeOf("f"), TextOf("f")[..5]));
        }),
        Anyone("space within the file changes nothing", [AFile("f", "text")], () =>
        {
            Fallocate(Open("f", O_RDWR).Ok(), 0, 1, 2).Ok();
            Same("text", TextOf("f"));
        }),
        Anyone("FALLOC_FL_KEEP_SIZE leaves the length", [AFile("f", "text")], () =>
        {
            Fallocate(Open("f", O_RDWR).Ok(), FALLOC_FL_KEEP_SIZE, 0, 100_000).Ok();
            Same(4, SizeOf("f"));
        }),
        Anyone("a hole is punched", [], () =>
        {
            var fd = Open("f", O_RDWR | O_CREAT).Ok();
            Write(fd, new string('x', 3 * Block)).Gives(3 * Block);
            Fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, Block, Block).Ok();
            Same(("x\0", "\0x"), (TextAt(fd, Block - 1, 2), TextAt(fd, 2 * Block - 1, 2)));
            Same(3 * Block, SizeOf("f"));
        }),
        Anyone("a hole is punched into what was there before", [AFile("f", new string('x', 3000))], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Same("xx", TextAt(fd, 999, 2));
            Fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 1000, 1000).Ok();
            Same(("x\0", "\0x"), (TextAt(fd, 999, 2), TextAt(fd, 1999, 2)));
        }),
        Anyone("a range is zeroed", [AFile("f", "0123456789")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Fallocate(fd, FALLOC_FL_ZERO_RANGE, 2, 3).Ok();
            Same("01\u0000\u0000\u000056789", TextAt(fd, 0));
        }),
        Anyone("a range is taken out", [AFile("f", new string('a', Block) + new string('b', Block) + "c")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, Block).Ok();
            Same((Block + 1L, "b", "bc"), (SizeOf("f"), TextAt(fd, 0, 1), TextAt(fd, Block - 1, 2)));
        }).Differs(Engine.Ours, "saw NOTSUP", "FUSE: the kernel refuses FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE without asking"),
        Anyone("a range is put in", [AFile("f", new string('a', Block) + "b")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, Block).Ok();
            Same((2 * Block + 1L, "\0", "\0a", "ab"), (SizeOf("f"), TextAt(fd, 0, 1), TextAt(fd, Block - 1, 2), TextAt(fd, 2 * Block - 1, 2)));
        }).Differs(Engine.Ours, "saw NOTSUP", "FUSE: the kernel refuses FALLOC_FL_COLLAPSE_RANGE and FALLOC_FL_INSERT_RANGE without asking"),
        Anyone("punching without FALLOC_FL_KEEP_SIZE is EOPNOTSUPP", [AFile("f", "text")], () => Fallocate(Open("f", O_RDWR).Ok(), FALLOC_FL_PUNCH_HOLE, 0, 1).Is(NOTSUP)),
        Anyone("a length of nothing is EINVAL", [AFile("f")], () => Fallocate(Open("f", O_RDWR).Ok(), 0, 0, 0).Is(INVAL)),
        Anyone("a negative offset is EINVAL", [AFile("f")], () => Fallocate(Open("f", O_RDWR).Ok(), 0, -1, 1).Is(INVAL)),
        Anyone("a descriptor for reading is EBADF", [AFile("f")], () => Fallocate(Open("f", O_RDONLY).Ok(), 0, 0, 1).Is(BADF)),
        Anyone("no descriptor is EBADF", [], () => Fallocate(-1, 0, 0, 1).Is(BADF)),
        Anyone("where no file reaches is EFBIG", [AFile("f")], () => Fallocate(Open("f", O_RDWR).Ok(), 0, long.MaxValue - 1, 100).Is(FBIG)),
        Anyone("a FIFO is ESPIPE", [AFifo("p")], () => Fallocate(Open("p", O_RDWR | O_NONBLOCK).Ok(), 0, 0, 1).Is(SPIPE)),
        Anyone("the times move", [AFile("f", "text")], () => Moves("f", "mc", () => Fallocate(Open("f", O_RDWR).Ok(), 0, 0, 100).Ok())));

    public static Case[] Copies => OfFamily("copy_file_range",
        Anyone("a file is copied", [AFile("a", "0123456789")], () =>
        {
            CopyFileRange(Open("a", O_RDONLY).Ok(), 0, Open("b", O_RDWR | O_CREAT).Ok(), 0, 100).Gives(10);
            Same("0123456789", TextOf("b"));
        }),
        Anyone("a part is copied to a place", [AFile("a", "0123456789"), AFile("b", "abcdefghij")], () =>
        {
            CopyFileRange(Open("a", O_RDONLY).Ok(), 2, Open("b", O_RDWR).Ok(), 5, 3).Gives(3);
            Same("abcde234ij", TextOf("b"));
        }),
        Anyone("what was just written is copied", [AFile("a", "0123456789")], () =>
        {
            var from = Open("a", O_RDWR).Ok();
            PWrite(from, "new", 0).Gives(3);
            CopyFileRange(from, 0, Open("b", O_RDWR | O_CREAT).Ok(), 0, 10).Gives(10);
            Same("new3456789", TextOf("b"));
        }),
        Anyone("what the target's reader sees is new at once", [AFile("a", "0123"), AFile("b", "abcd")], () =>
        {
            var reader = Open("b", O_RDONLY).Ok();
            Same("abcd", TextAt(reader, 0));
            CopyFileRange(Open("a", O_RDONLY).Ok(), 0, Open("b", O_RDWR).Ok(), 0, 4).Gives(4);
            Same("0123", TextAt(reader, 0));
        }),
        Anyone("within one file", [AFile("f", "0123456789")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            CopyFileRange(fd, 0, fd, 5, 5).Gives(5);
            Same("0123401234", TextOf("f"));
        }),
        Anyone("overlapping within one file is EINVAL", [AFile("f", "0123456789")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            CopyFileRange(fd, 0, fd, 2, 5).Is(INVAL);
        }),
        Anyone("behind the end gives nothing", [AFile("a", "0123")], () => CopyFileRange(Open("a", O_RDONLY).Ok(), 10, Open("b", O_RDWR | O_CREAT).Ok(), 0, 5).Gives(0)),
        Anyone("a target for reading is EBADF", [AFile("a", "0123"), AFile("b")], () => CopyFileRange(Open("a", O_RDONLY).Ok(), 0, Open("b", O_RDONLY).Ok(), 0, 4).Is(BADF)),
        Anyone("a source for writing is EBADF", [AFile("a", "0123"), AFile("b")], () => CopyFileRange(Open("a", O_WRONLY).Ok(), 0, Open("b", O_RDWR).Ok(), 0, 4).Is(BADF)),
        Anyone("a target for appending is EBADF", [AFile("a", "0123"), AFile("b")], () => CopyFileRange(Open("a", O_RDONLY).Ok(), 0, Open("b", O_WRONLY | O_APPEND).Ok(), 0, 4).Is(BADF)),
        Anyone("a directory is EISDIR", [ADirectory("d"), AFile("b")], () => CopyFileRange(Open("d", O_RDONLY).Ok(), 0, Open("b", O_RDWR).Ok(), 0, 4).Is(ISDIR)),
        Anyone("a flag that is none is EINVAL", [AFile("a", "0123"), AFile("b")], () => CopyFileRange(Open("a", O_RDONLY).Ok(), 0, Open("b", O_RDWR).Ok(), 0, 4, 1).Is(INVAL)),
        Anyone("sendfile from a file", [AFile("a", "0123456789")], () =>
        {
            SendFile(Open("b", O_WRONLY | O_CREAT).Ok(), Open("a", O_RDONLY).Ok(), 2, 5).Gives(5);
            Same("23456", TextOf("b"));
        }));

    public static Case[] Appending => OfFamily("append",
        Anyone("every write goes to the end", [AFile("f", "begin")], () =>
        {
            var fd = Open("f", O_WRONLY | O_APPEND).Ok();
            LSeek(fd, 0, SEEK_SET).Ok();
            Write(fd, "+end").Gives(4);
            Same("begin+end", TextOf("f"));
        }),
        Anyone("two descriptors never write over each other", [AFile("f")], () =>
        {
            int one = Open("f", O_WRONLY | O_APPEND).Ok(), two = Open("f", O_WRONLY | O_APPEND).Ok();
            for (var i = 0; i < 5; i++)
            {
                Write(one, "1").Gives(1);
                Write(two, "2").Gives(1);
            }
            Same("1212121212", TextOf("f"));
        }),
        Anyone("the end moves with a truncation", [AFile("f", "0123456789")], () =>
        {
            var fd = Open("f", O_WRONLY | O_APPEND).Ok();
            Truncate("f", 3).Ok();
            Write(fd, "x").Gives(1);
            Same("012x", TextOf("f"));
        }),
        Anyone("the offset is behind what was written", [AFile("f", "01")], () =>
        {
            var fd = Open("f", O_RDWR | O_APPEND).Ok();
            Write(fd, "23").Gives(2);
            LSeek(fd, 0, SEEK_CUR).Gives(4);
        }),
        Anyone("pwrite appends too, as Linux does", [AFile("f", "0123")], () =>
        {
            PWrite(Open("f", O_WRONLY | O_APPEND).Ok(), "x", 0).Gives(1);
            Same("0123x", TextOf("f"));
        }),
        Anyone("O_APPEND is switched on later", [AFile("f", "0123")], () =>
        {
            var fd = Open("f", O_WRONLY).Ok();
            Fcntl(fd, F_SETFL, O_APPEND).Ok();
            Write(fd, "x").Gives(1);
            Same("0123x", TextOf("f"));
        }),
        Anyone("another thread's writes stay whole", [AFile("f")], () =>
        {
            Beside(() => Lines('a'), () => Lines('b'));
            var text = TextOf("f");
            Same(400, text.Length);
            for (var at = 0; at < text.Length; at += 10) Same(new string(text[at], 10), text.Substring(at, 10));

            static void Lines(char letter)
            {
                var fd = Open("f", O_WRONLY | O_APPEND).Ok();
                for (var i = 0; i < 20; i++) Write(fd, new string(letter, 10)).Gives(10);
            }
        }),
        Anyone("a new file is written and read again through one descriptor", [], () =>
        {
            var fd = Open("f", O_RDWR | O_CREAT | O_APPEND).Ok();
            Write(fd, "one").Gives(3);
            Write(fd, "two").Gives(3);
            Same("onetwo", TextAt(fd, 0));
        }));

    private static int WithHole(string path)
    {
        var fd = Open(path, O_RDWR | O_CREAT).Ok();
        var data = new string('x', Block);
        PWrite(fd, data, 0).Gives(Block);
        PWrite(fd, data, 2 * Block).Gives(Block);
        return fd;
    }
}
