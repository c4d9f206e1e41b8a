namespace OverlayFuse.Conformance;

/// <summary>NAME_MAX, PATH_MAX and the number of links, at their exact limits.</summary>
internal static class LimitCases
{
    private static readonly string Longest = new('n', NAME_MAX);
    private static readonly string TooLong = new('n', NAME_MAX + 1);

    // PATH_MAX counts the byte behind the path: "./" over and over, and a name of one or two bytes at the end.
    private static readonly string LongestPath = string.Concat(Enumerable.Repeat("./", (PATH_MAX - 2) / 2)) + "f";
    private static readonly string TooLongPath = LongestPath + "g";

    public static Case[] All => OfFamily("limits",
        Anyone("a file's name of 255 bytes", [], () =>
        {
            WriteFile(Longest, "text");
            Same("text", TextOf(Longest));
            Unlink(Longest).Ok();
        }),
        Anyone("a name of 255 bytes that is there is changed, moved, removed", [AFile(Longest, "text")], () =>
        {
            Chmod(Longest, 600).Ok();
            Rename(Longest, "f").Ok();
            Rename("f", Longest).Ok();
            Same("text", TextOf(Longest));
            Unlink(Longest).Ok();
            TryLStat(Longest).Is(NOENT);
        }),
        Anyone("open of 256 bytes is ENAMETOOLONG", [], () => TryOpen(TooLong, O_RDONLY).Is(NAMETOOLONG)),
        Anyone("creation of 256 bytes is ENAMETOOLONG", [], () => TryOpen(TooLong, O_RDWR | O_CREAT).Is(NAMETOOLONG)),
        Anyone("stat of 256 bytes is ENAMETOOLONG", [], () => TryLStat(TooLong).Is(NAMETOOLONG)),
        Anyone("mkdir of 256 bytes is ENAMETOOLONG", [], () => Mkdir(TooLong).Is(NAMETOOLONG)),
        Anyone("mkdir of 255 bytes", [], () => Mkdir(Longest).Ok()),
        Anyone("mknod of 256 bytes is ENAMETOOLONG", [], () => Mkfifo(TooLong).Is(NAMETOOLONG)),
        Anyone("mknod of 255 bytes", [], () => Mkfifo(Longest).Ok()),
        Anyone("symlink of 256 bytes is ENAMETOOLONG", [], () => Symlink("x", TooLong).Is(NAMETOOLONG)),
        Anyone("symlink of 255 bytes", [], () => Symlink("x", Longest).Ok()),
        Anyone("link to 256 bytes is ENAMETOOLONG", [AFile("f")], () => Link("f", TooLong).Is(NAMETOOLONG)),
        Anyone("link of 256 bytes is ENAMETOOLONG", [], () => Link(TooLong, "f").Is(NAMETOOLONG)),
        Anyone("rename to 256 bytes is ENAMETOOLONG", [AFile("f")], () => Rename("f", TooLong).Is(NAMETOOLONG)),
        Anyone("rename of 256 bytes is ENAMETOOLONG", [], () => Rename(TooLong, "f").Is(NAMETOOLONG)),
        Anyone("unlink of 256 bytes is ENAMETOOLONG", [], () => Unlink(TooLong).Is(NAMETOOLONG)),
        Anyone("rmdir of 256 bytes is ENAMETOOLONG", [], () => Rmdir(TooLong).Is(NAMETOOLONG)),
        Anyone("readlink of 256 bytes is ENAMETOOLONG", [], () => ReadLink(TooLong).Is(NAMETOOLONG)),
        Anyone("truncate, chmod, chown and utimensat of 256 bytes are ENAMETOOLONG", [], () =>
        {
            Truncate(TooLong, 0).Is(NAMETOOLONG);
            Chmod(TooLong, 600).Is(NAMETOOLONG);
            Chown(TooLong, Keep, Keep).Is(NAMETOOLONG);
            Utimens(TooLong, Old, Old).Is(NAMETOOLONG);
        }),
        Anyone("a name of 256 bytes on the way is ENAMETOOLONG", [], () => TryOpen(TooLong + "/f", O_RDONLY).Is(NAMETOOLONG)),
        Anyone("a path of PATH_MAX - 1 bytes", [AFile("f", "text")], () =>
        {
            Same(PATH_MAX - 1, LongestPath.Length);
            Same("text", TextOf(LongestPath));
        }),
        Anyone("a path of PATH_MAX bytes is ENAMETOOLONG", [AFile("fg")], () => TryOpen(TooLongPath, O_RDONLY).Is(NAMETOOLONG)),
        Anyone("mkdir, unlink and rename of PATH_MAX bytes are ENAMETOOLONG", [AFile("f")], () =>
        {
            Mkdir(TooLongPath).Is(NAMETOOLONG);
            Unlink(TooLongPath).Is(NAMETOOLONG);
            Rename("f", TooLongPath).Is(NAMETOOLONG);
            Rename(TooLongPath, "f").Is(NAMETOOLONG);
        }),
        Anyone("mkdir and rename to PATH_MAX - 1 bytes", [AFile("g")], () =>
        {
            Rename("g", LongestPath).Ok();
            Unlink(LongestPath).Ok();
            Mkdir(LongestPath).Ok();
            Rmdir(LongestPath).Ok();
        }),
        Anyone("forty links in a row are followed", [AFile("l0", "text"), .. Chain(40)], () => Same("text", TextOf("l40"))),
        Anyone("forty-one links in a row are ELOOP", [AFile("l0", "text"), .. Chain(41)], () => TryOpen("l41", O_RDONLY).Is(LOOP)),
        Anyone("stat of forty-one links is ELOOP, lstat is not", [AFile("l0"), .. Chain(41)], () =>
        {
            TryStat("l41").Is(LOOP);
            TryLStat("l41").Ok();
        }),
        Anyone("a tree deeper than any path", [], () =>
        {
            for (var depth = 0; depth < 20; depth++)
            {
                Mkdir(Longest).Ok();
                Chdir(Longest).Ok();
            }
            WriteFile("f", "deep");
            Same("deep", TextOf("f"));
            Rename("f", "g").Ok();
            Chmod("g", 600).Ok();
            Unlink("g").Ok();
            for (var depth = 0; depth < 20; depth++)
            {
                Chdir("..").Ok();
                Rmdir(Longest).Ok();
            }
        }),
        Anyone("a thousand names in one directory", [ADirectory("d")], () =>
        {
            for (var i = 0; i < 1000; i++) Mknod($"d/{i}", S_IFREG).Ok();
            Same(1000, NamesIn("d").Split(' ').Length);
            for (var i = 0; i < 1000; i++) Unlink($"d/{i}").Ok();
            Rmdir("d").Ok();
        }));

    private static IEnumerable<Given> Chain(int length) => Enumerable.Range(1, length).Select(i => ASymlink($"l{i}", $"l{i - 1}"));
}
