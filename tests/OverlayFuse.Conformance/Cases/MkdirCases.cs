namespace OverlayFuse.Conformance;

/// <summary>mkdir(2).</summary>
internal static class MkdirCases
{
    public static Case[] All => OfFamily("mkdir",
        Anyone("a name that a directory has is EEXIST", [ADirectory("d")], () => Mkdir("d").Is(EXIST)),
        Anyone("a name that a file has is EEXIST", [AFile("f")], () => Mkdir("f").Is(EXIST)),
        Anyone("a name that a dangling link has is EEXIST", [ASymlink("l", "nowhere")], () => Mkdir("l").Is(EXIST)),
        Anyone("a name that a FIFO has is EEXIST", [AFifo("p")], () => Mkdir("p").Is(EXIST)),
        Anyone("the directory itself is EEXIST", [], () => Mkdir(".").Is(EXIST)),
        Anyone("the directory above is EEXIST", [], () => Mkdir("..").Is(EXIST)),
        Anyone("a directory on the way that is not there is ENOENT", [], () => Mkdir("x/d").Is(NOENT)),
        Anyone("the empty path is ENOENT", [], () => Mkdir("").Is(NOENT)),
        Anyone("a dot in what is not there is ENOENT", [], () => Mkdir("x/.").Is(NOENT)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Mkdir("f/d").Is(NOTDIR)),
        Anyone("a circle of links on the way is ELOOP", [ASymlink("a", "b"), ASymlink("b", "a")], () => Mkdir("a/d").Is(LOOP)),
        Anyone("slashes behind the name are taken", [], () =>
        {
            Mkdir("d//").Ok();
            Same(FileType.Directory, TypeOf("d"));
        }),
        Anyone("the mode is what the umask leaves", [], () => WithUmask(27, () =>
        {
            Mkdir("d", 777).Ok();
            Same(750, ModeOf("d"));
        })),
        Anyone("the sticky bit is taken", [], () =>
        {
            Mkdir("d", 1755).Ok();
            Same(1755, ModeOf("d"));
        }),
        Anyone("setuid and setgid are not taken", [], () =>
        {
            Mkdir("d", 6755).Ok();
            Same(755, ModeOf("d"));
        }),
        Anyone("it belongs to its maker", [], () =>
        {
            Mkdir("d").Ok();
            Same((MyUid, MyGid), OwnerOf("d"));
        }),
        Anyone("it is empty but for the dots", [], () =>
        {
            Mkdir("d").Ok();
            Same(". ..", string.Join(' ', ReadAll(Open("d", O_RDONLY).Ok()).Select(entry => entry.Name).Order()));
        }),
        Anyone("it has two links", [], () =>
        {
            Mkdir("d").Ok();
            Same(2u, LinksOf("d"));
        }),
        Anyone("the times of the directory above move", [ADirectory("d")], () => Moves("d", "mc", () => Mkdir("d/e").Ok())),
        Ordinary("without the right to write above it is EACCES", [ADirectory("d", 555)], () => Mkdir("d/e").Is(ACCES)),
        Ordinary("without the right to search on the way it is EACCES", [ADirectory("d", 666)], () => Mkdir("d/e").Is(ACCES)),
        Ordinary("a directory without any right keeps its maker out", [], () =>
        {
            Mkdir("d", 0).Ok();
            Mkdir("d/e").Is(ACCES);
            Same(0, ModeOf("d"));
        }),
        Anyone("in a removed directory it is ENOENT", [ADirectory("d")], () =>
        {
            Chdir("d").Ok();
            Rmdir("../d").Ok();
            Mkdir("e").Is(NOENT);
        }),
        Anyone("mkdirat is relative to its directory", [ADirectory("d")], () =>
        {
            MkdirAt(Open("d", O_PATH).Ok(), "e").Ok();
            Same("e", NamesIn("d"));
        }),
        Anyone("a name that is not UTF-8 is kept byte for byte", [], () =>
        {
            Mkdir([0xff, 0x2f ^ 0x80, 0xc3]).Ok();
            Same("\u00ff\u00af\u00c3", NamesIn());
        }),
        Anyone("a name that was removed is made empty", [ADirectory("d"), AFile("d/f")], () =>
        {
            Unlink("d/f").Ok();
            Rmdir("d").Ok();
            Mkdir("d").Ok();
            Same("", NamesIn("d"));
            TryStat("d/f").Is(NOENT);
        }),
        Anyone("a name that a removed file had shows no trace of it", [AFile("x", "old")], () =>
        {
            Unlink("x").Ok();
            Mkdir("x", 711).Ok();
            Same(711, ModeOf("x"));
            Same("", NamesIn("x"));
        }));
}
