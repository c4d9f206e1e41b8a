using System.Runtime.InteropServices;

namespace OverlayFuse.Conformance;

/// <summary>mmap(2), O_DIRECT and execution: bytes that do not come by read(2).</summary>
internal static unsafe class MappingCases
{
    private const int Page = 4096;

    public static Case[] Maps => OfFamily("mmap",
        Anyone("a file is read", [AFile("f", "text")], () =>
        {
            using var map = Map(Open("f", O_RDONLY).Ok(), PROT_READ);
            Same("text", $"{map[0]}{map[1]}{map[2]}{map[3]}");
        }),
        Anyone("what a shared mapping writes is read", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            using var map = Map(fd, PROT_READ | PROT_WRITE);
            map[0] = 'T';
            Same("Text", TextAt(fd, 0));
            Same("Text", TextOf("f"));
        }),
        Anyone("what a shared mapping writes is data and no hole", [AFile("f", "text").OfSize(16 * Page)], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            using var map = Map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 16 * Page);
            map[8 * Page] = 'T';
            LSeek(Open("f", O_RDONLY).Ok(), Page, SEEK_DATA).Gives(8 * Page);
        }).Differs(Engine.Kernel, "expected 32768, saw 4096", "kernel overlayfs copies in pieces of 1 MiB and fills the holes in them", Origin.Below),
        Anyone("what is written a mapping shows", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            using var map = Map(Open("f", O_RDONLY).Ok(), PROT_READ);
            Same('t', map[0]);
            PWrite(fd, "T", 0).Gives(1);
            Same('T', map[0]);
        }),
        Anyone("what one mapping writes another shows", [AFile("f", "text")], () =>
        {
            using var reader = Map(Open("f", O_RDONLY).Ok(), PROT_READ);
            Same('t', reader[0]);
            using var writer = Map(Open("f", O_RDWR).Ok(), PROT_READ | PROT_WRITE);
            writer[0] = 'T';
            Same('T', reader[0]);
        }).Differs(Engine.Kernel, "expected T, saw t", "kernel overlayfs: a mapping of the lower file stays on it", Origin.Below),
        Anyone("a private mapping keeps its writes to itself", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            using var map = Map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE);
            map[0] = 'T';
            Same("text", TextAt(fd, 0));
        }),
        Anyone("a mapping outlives the name and the descriptor", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            using var map = Map(fd, PROT_READ | PROT_WRITE);
            Close(fd).Ok();
            Unlink("f").Ok();
            map[0] = 'T';
            map.Sync();
            Same('T', map[0]);
        }),
        Anyone("msync writes it", [AFile("f", "text")], () =>
        {
            using (var map = Map(Open("f", O_RDWR).Ok(), PROT_READ | PROT_WRITE))
            {
                map[3] = '!';
                map.Sync();
            }
            Same("tex!", TextOf("f"));
        }),
        Anyone("times of a file that a mapping wrote move", [AFile("f", "text")], () => Moves("f", "mc", () =>
        {
            using var map = Map(Open("f", O_RDWR).Ok(), PROT_READ | PROT_WRITE);
            map[0] = 'T';
            map.Sync();
        })),
        Anyone("bytes behind the end are zeros", [AFile("f", "text")], () =>
        {
            using var map = Map(Open("f", O_RDONLY).Ok(), PROT_READ);
            Same(('\0', '\0'), (map[4], map[4095]));
        }),
        Anyone("what is written behind the end is not of the file", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            using (var map = Map(fd, PROT_READ | PROT_WRITE)) map[10] = 'x';
            Same(4, SizeOf("f"));
            FTruncate(fd, 12).Ok();
            Same("text\0\0\0\0\0\0\0\0", TextOf("f"));
        }),
        Anyone("a file that grows is seen", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            FTruncate(fd, 2 * Page).Ok();
            using var map = Map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, 2 * Page);
            map[5000] = 'x';
            Same("x", TextAt(fd, 5000, 1));
        }),
        Anyone("writing a shared mapping of a descriptor for reading is EACCES", [AFile("f", "text")],
            () => TryMap(Open("f", O_RDONLY).Ok(), PROT_READ | PROT_WRITE, MAP_SHARED, Page, out _).Is(ACCES)),
        Anyone("a descriptor for writing only is EACCES", [AFile("f", "text")], () => TryMap(Open("f", O_WRONLY).Ok(), PROT_READ, MAP_SHARED, Page, out _).Is(ACCES)),
        Anyone("a directory is ENODEV", [ADirectory("d")], () => TryMap(Open("d", O_RDONLY).Ok(), PROT_READ, MAP_SHARED, Page, out _).Is(NODEV)),
        Anyone("an offset that is no page is EINVAL", [AFile("f", "text")], () => TryMap(Open("f", O_RDONLY).Ok(), PROT_READ, MAP_SHARED, Page, out _, 1).Is(INVAL)),
        Anyone("a length of nothing is EINVAL", [AFile("f", "text")], () => TryMap(Open("f", O_RDONLY).Ok(), PROT_READ, MAP_SHARED, 0, out _).Is(INVAL)));

    public static Case[] Direct => OfFamily("direct",
        Anyone("what was written through the cache is read", [AFile("f", new string('x', Page))], () =>
        {
            PWrite(Open("f", O_WRONLY).Ok(), "new", 0).Gives(3);
            WithPage(page =>
            {
                Result.Of("pread O_DIRECT", Native.pread64(Open("f", O_RDONLY | O_DIRECT).Ok(), page, Page, 0)).Gives(Page);
                Same("newx", Marshal.PtrToStringAnsi((nint)page, 4));
            });
        }),
        Anyone("what is written is read through the cache", [AFile("f", new string('x', 2 * Page))], () =>
        {
            var reader = Open("f", O_RDONLY).Ok();
            Same("xx", TextAt(reader, 0, 2));
            WithPage(page =>
            {
                NativeMemory.Fill(page, Page, (byte)'y');
                Result.Of("pwrite O_DIRECT", Native.pwrite64(Open("f", O_RDWR | O_DIRECT).Ok(), page, Page, 0)).Gives(Page);
            });
            Same(("yy", "yx"), (TextAt(reader, 0, 2), TextAt(reader, Page - 1, 2)));
        }),
        Anyone("what is written a mapping shows", [AFile("f", new string('x', Page))], () =>
        {
            using var map = Map(Open("f", O_RDWR).Ok(), PROT_READ);
            Same('x', map[0]);
            WithPage(page =>
            {
                NativeMemory.Fill(page, Page, (byte)'y');
                Result.Of("pwrite O_DIRECT", Native.pwrite64(Open("f", O_RDWR | O_DIRECT).Ok(), page, Page, 0)).Gives(Page);
            });
            Same('y', map[0]);
        }),
        Anyone("it makes the file longer", [AFile("f")], () => WithPage(page =>
        {
            NativeMemory.Fill(page, Page, (byte)'y');
            Result.Of("pwrite O_DIRECT", Native.pwrite64(Open("f", O_RDWR | O_DIRECT).Ok(), page, Page, Page)).Gives(Page);
            Same((2L * Page, "\0y"), (SizeOf("f"), TextAt(Open("f", O_RDONLY).Ok(), Page - 1, 2)));
        })),
        Anyone("behind the end nothing is read", [AFile("f", "text")],
            () => WithPage(page => Result.Of("pread O_DIRECT", Native.pread64(Open("f", O_RDONLY | O_DIRECT).Ok(), page, Page, Page)).Gives(0))));

    private delegate void PageUse(byte* page);

    private static void WithPage(PageUse use)
    {
        var page = (byte*)NativeMemory.AlignedAlloc(Page, Page);
        try
        {
            use(page);
        }
        finally
        {
            NativeMemory.AlignedFree(page);
        }
    }
}
