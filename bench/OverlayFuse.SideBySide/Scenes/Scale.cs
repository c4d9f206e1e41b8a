namespace OverlayFuse.SideBySide;

/// <summary>How much of everything there is.</summary>
internal sealed record Scale
{
    /// <summary>Files in each of the four parts of the tree, a hundred to a directory.</summary>
    public int PartFiles { get; init; } = 5_000;

    public int TreeFiles => 4 * PartFiles;

    public int ReadFiles => 2 * PartFiles;

    /// <summary>Entries of the directory that is spread over ten layers.</summary>
    public int Entries { get; init; } = 50_000;

    public int MissingNames { get; init; } = 20_000;

    public int Created { get; init; } = 20_000;

    /// <summary>The large file that is read, and the one that is written.</summary>
    public long Large { get; init; } = 1L << 30;

    public long SmallWrites { get; init; } = 64L << 20;

    public int RandomWrites { get; init; } = 16_384;

    public int RepositoryFiles { get; init; } = 3_000;

    public int Sources { get; init; } = 30;

    public int Steps { get; init; } = 8_000;

    public int[] Depths { get; init; } = [1, 2, 5, 10, 20, 50, 100, 200];

    public int[] Threads { get; init; } = [1, 2, 4, 8, 16];

    /// <summary>Sizes of lower files that are changed.</summary>
    public long[] Sizes { get; init; } = [4L << 10, 16L << 10, 64L << 10, 256L << 10, 1L << 20, 4L << 20, 16L << 20, 64L << 20, 256L << 20, 1L << 30, 4L << 30];

    public static Scale Full { get; } = new();

    /// <summary>A tenth, to see that it works: such figures say little.</summary>
    public static Scale Quick { get; } = new()
    {
        PartFiles = 500,
        Entries = 5_000,
        MissingNames = 2_000,
        Created = 2_000,
        Large = 64L << 20,
        SmallWrites = 8L << 20,
        RandomWrites = 2_048,
        RepositoryFiles = 300,
        Sources = 6,
        Steps = 800,
        Depths = [1, 5, 20, 100],
        Threads = [1, 4],
        Sizes = [4L << 10, 64L << 10, 1L << 20, 16L << 20, 64L << 20],
    };

    /// <summary>The files of a size that are changed in one go, so that a change of microseconds can be measured.</summary>
    public static int FilesOf(long size) => (int)Math.Clamp((32L << 20) / size, 1, 32);
}
