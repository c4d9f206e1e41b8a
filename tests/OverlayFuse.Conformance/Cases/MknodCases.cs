namespace OverlayFuse.Conformance;

/// <summary>mknod(2), mkfifo(3).</summary>
internal static class MknodCases
{
    public static Case[] All => OfFamily("mknod",
        Anyone("a name that is there is EEXIST", [AFile("f")], () => Mkfifo("f").Is(EXIST)),
        Anyone("a name that a dangling link has is EEXIST", [ASymlink("l", "nowhere")], () => Mknod("l", S_IFREG).Is(EXIST)),
        Anyone("a directory on the way that is not there is ENOENT", [], () => Mkfifo("x/p").Is(NOENT)),
        Anyone("a file on the way is ENOTDIR", [AFile("f")], () => Mkfifo("f/p").Is(NOTDIR)),
        Anyone("a circle of links on the way is ELOOP", [ASymlink("a", "a")], () => Mkfifo("a/p").Is(LOOP)),
        Anyone("a slash behind the name is ENOENT", [], () => Mknod("x/", S_IFREG).Is(NOENT)),
        Anyone("a FIFO is made, with umask", [], () => WithUmask(77, () =>
        {
            Mkfifo("p", 666).Ok();
            Same(FileType.Fifo, TypeOf("p"));
            Same(600, ModeOf("p"));
        })),
        Anyone("a socket is made", [], () =>
        {
            Mknod("s", S_IFSOCK, 600).Ok();
            Same(FileType.Socket, TypeOf("s"));
        }),
        Anyone("a regular file is made", [], () =>
        {
            Mknod("f", S_IFREG, 640).Ok();
            Same(640, ModeOf("f"));
            WriteFile("f", "text");
            Same("text", TextOf("f"));
        }),
        Anyone("type 0 is a regular file", [], () =>
        {
            Mknod("f", 0).Ok();
            Same(FileType.Regular, TypeOf("f"));
        }),
        Anyone("a directory is EPERM", [], () => Mknod("d", S_IFDIR).Is(PERM)),
        Anyone("a symbolic link is EINVAL", [], () => Mknod("l", S_IFLNK).Is(INVAL)),
        Anyone("it belongs to its maker", [], () =>
        {
            Mkfifo("p").Ok();
            Same((MyUid, MyGid), OwnerOf("p"));
        }),
        Anyone("the times of the directory move", [ADirectory("d")], () => Moves("d", "mc", () => Mkfifo("d/p").Ok())),
        Ordinary("a character device by an ordinary user is EPERM", [], () => Mknod("c", S_IFCHR, 666, 1, 3).Is(PERM)),
        Ordinary("a block device by an ordinary user is EPERM", [], () => Mknod("b", S_IFBLK, 666, 7, 0).Is(PERM)),
        Ordinary("without the right to write in the directory it is EACCES", [ADirectory("d", 555)], () => Mkfifo("d/p").Is(ACCES)),
        Root("a character device has its number and works", [], () =>
        {
            Mknod("null", S_IFCHR, 666, 1, 3).Ok();
            var status = LStat("null");
            Same((FileType.CharDevice, 1u, 3u), (status.Type, status.RdevMajor, status.RdevMinor));
            var fd = Open("null", O_RDWR).Ok();
            Write(fd, "gone").Gives(4);
            Read(fd, new byte[4]).Gives(0);
        }),
        Root("a block device has its number", [], () =>
        {
            Mknod("b", S_IFBLK, 660, 7, 200).Ok();
            var status = LStat("b");
            Same((FileType.BlockDevice, 7u, 200u), (status.Type, status.RdevMajor, status.RdevMinor));
        }),
        Root("a device with large numbers keeps them", [], () =>
        {
            Mknod("c", S_IFCHR, 600, 4000, 1_000_000).Ok();
            Same((4000u, 1_000_000u), (LStat("c").RdevMajor, LStat("c").RdevMinor));
        }),
        Root("a device that is there works", [ACharDevice("zero", 1, 5)], () =>
        {
            var fd = Open("zero", O_RDONLY).Ok();
            Same("\0\0", TextAt(fd, 0, 2));
        }),
        Root("a device keeps its number when its metadata change", [ACharDevice("c", 1, 7)], () =>
        {
            Chmod("c", 600).Ok();
            Chown("c", 1, 2).Ok();
            var status = LStat("c");
            Same((FileType.CharDevice, 1u, 7u, 1u, 2u), (status.Type, status.RdevMajor, status.RdevMinor, status.Uid, status.Gid));
        }),
        Root("a character device 0:0 is made", [], () => Mknod("w", S_IFCHR, 0).Ok())
            .Differs(Engine.Root | Engine.Kernel, "saw PERM", "such a device is the whiteout of the overlayfs format; kernel overlayfs refuses it too"),
        Anyone("a FIFO over a removed file is a FIFO", [AFile("x", "old")], () =>
        {
            Unlink("x").Ok();
            Mkfifo("x").Ok();
            Same((FileType.Fifo, 0L), (TypeOf("x"), SizeOf("x")));
        }));
}
