namespace OverlayFuse.Conformance;

/// <summary>inotify(7): a watch goes on whatever layer its object comes from.</summary>
internal static class InotifyCases
{
    public static Case[] All => OfFamily("inotify",
        Anyone("a new file", [ADirectory("d")], () => Sees("d", IN_CREATE, "create f", () => Create("d/f"))),
        Anyone("a new directory", [ADirectory("d")], () => Sees("d", IN_CREATE, "create+dir e", () => Mkdir("d/e").Ok())),
        Anyone("a new link", [ADirectory("d")], () => Sees("d", IN_CREATE, "create l", () => Symlink("x", "d/l").Ok())),
        Anyone("a new FIFO", [ADirectory("d")], () => Sees("d", IN_CREATE, "create p", () => Mkfifo("d/p").Ok())),
        Anyone("a second name", [ADirectory("d"), AFile("f")], () => Sees("d", IN_CREATE, "create g", () => Link("f", "d/g").Ok())),
        Anyone("a removed file", [ADirectory("d"), AFile("d/f")], () => Sees("d", IN_DELETE, "delete f", () => Unlink("d/f").Ok())),
        Anyone("a removed directory", [ADirectory("d"), ADirectory("d/e")], () => Sees("d", IN_DELETE, "delete+dir e", () => Rmdir("d/e").Ok())),
        Anyone("the watched file itself is removed", [AFile("f")], () => Sees("f", IN_DELETE_SELF, "delete-self, ignored", () => Unlink("f").Ok())),
        Anyone("the watched directory itself is removed", [ADirectory("d")], () => Sees("d", IN_DELETE_SELF, "delete-self, ignored", () => Rmdir("d").Ok())),
        Anyone("a rename within", [ADirectory("d"), AFile("d/f")], () => Sees("d", IN_MOVED_FROM | IN_MOVED_TO, "from f, to g", () => Rename("d/f", "d/g").Ok())),
        Anyone("a directory's rename within", [ADirectory("d"), ADirectory("d/e")], () => Sees("d", IN_MOVED_FROM | IN_MOVED_TO, "from+dir e, to+dir g", () => Rename("d/e", "d/g").Ok())),
        Anyone("a rename out", [ADirectory("d"), AFile("d/f")], () => Sees("d", IN_MOVED_FROM | IN_MOVED_TO, "from f", () => Rename("d/f", "f").Ok())),
        Anyone("a rename in", [ADirectory("d"), AFile("f")], () => Sees("d", IN_MOVED_FROM | IN_MOVED_TO, "to f", () => Rename("f", "d/f").Ok())),
        Anyone("the watched file itself is moved", [AFile("f")], () => Sees("f", IN_MOVE_SELF, "move-self", () => Rename("f", "g").Ok())),
        Anyone("the watched file is changed after it was moved", [AFile("f", "text")], () =>
        {
            var watch = Watch("f", IN_ATTRIB);
            Rename("f", "g").Ok();
            _ = Events(watch);
            Chmod("g", 600).Ok();
            Same("attrib", Events(watch));
        }),
        Anyone("a change of mode", [AFile("f")], () => Sees("f", IN_ATTRIB, "attrib", () => Chmod("f", 600).Ok())),
        Anyone("a change of mode, watched from above", [ADirectory("d"), AFile("d/f")], () => Sees("d", IN_ATTRIB, "attrib f", () => Chmod("d/f", 600).Ok())),
        Anyone("a change of times", [AFile("f")], () => Sees("f", IN_ATTRIB, "attrib", () => Utimens("f", Old, Old).Ok())),
        Anyone("a change of attributes", [AFile("f")], () => Sees("f", IN_ATTRIB, "attrib", () => SetXattr("f", "user.a", "1").Ok())),
        Anyone("a write", [AFile("f", "text")], () => Sees("f", IN_MODIFY, "modify", () => Write(Open("f", O_WRONLY).Ok(), "x").Gives(1))),
        Anyone("a write, watched from above", [ADirectory("d"), AFile("d/f", "text")], () => Sees("d", IN_MODIFY, "modify f", () => Write(Open("d/f", O_WRONLY).Ok(), "x").Gives(1))),
        Anyone("a truncation", [AFile("f", "text")], () => Sees("f", IN_MODIFY, "modify", () => Truncate("f", 1).Ok())),
        Anyone("opening and closing", [AFile("f", "text")], () => Sees("f", IN_OPEN | IN_CLOSE_NOWRITE, "open, close", () => TryOpen("f", O_RDONLY).Ok())),
        Anyone("closing after writing", [AFile("f", "text")], () => Sees("f", IN_OPEN | IN_CLOSE_WRITE, "open, close-write", () => WriteFile("f", ""))),
        Anyone("reading", [AFile("f", "text")], () => Sees("f", IN_ACCESS, "access", () => Read(Open("f", O_RDONLY).Ok(), new byte[1]).Gives(1))),
        Anyone("a watch set before the first change goes on after it", [AFile("f", "text")], () =>
        {
            var watch = Watch("f", IN_MODIFY | IN_ATTRIB);
            Chmod("f", 600).Ok();
            Write(Open("f", O_WRONLY).Ok(), "x").Gives(1);
            Same("attrib, modify", Events(watch));
        }),
        Anyone("a name that is not there is ENOENT", [AFile("f")], () => TryWatch(Watch("f", IN_MODIFY), "x", IN_MODIFY).Is(NOENT)),
        Anyone("IN_ONLYDIR of a file is ENOTDIR", [AFile("f")], () => TryWatch(Watch("f", IN_MODIFY), "f", IN_MODIFY | IN_ONLYDIR).Is(NOTDIR)),
        Ordinary("a file that may not be read is EACCES", [AFile("f"), AFile("g", "", 200)], () => TryWatch(Watch("f", IN_MODIFY), "g", IN_MODIFY).Is(ACCES)));

    private static void Sees(string path, uint mask, string events, Action change)
    {
        var watch = Watch(path, mask);
        change();
        Same(events, Events(watch));
    }
}
