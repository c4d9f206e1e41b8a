using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Every kind of change over every kind of object, on the layers of <see cref="CrashStage"/>.</summary>
internal static class ChangeTable
{
    private static readonly string[] Plain =
    [
        // New objects: in the upper, in directories that must come up first, over whiteouts.
        "create n \"\"", "create u/n \"\"", "create d/s/n \"\"", "create gone \"\"", "create e/x \"\"",
        "mkdir n", "mkdir d/s/n", "mkdir gone", "mkdir gonedir", "mkfifo n", "mkfifo d/s/n", "mkfifo gone",
        "symlink n \"to\"", "symlink d/s/n \"to\"", "symlink gone \"to\"",
        "link w n", "link f n", "link f d/s/n", "link w gone", "link d/s/f gone", "link l n", "link p n", "link a n", "look b then link a n", "chmod f 600 then link f n", "chmod a 600 then link a gone",

        // Removals: of what is below, above, both, linked, and empty for the union only.
        "rm f", "rm w", "rm d/s/f", "rm l", "rm p", "rm u/own", "chmod f 600 then rm f", "write f \"new\" then rm f",
        "rm a", "look b then rm a", "chmod a 600 then rm a", "look b then chmod a 600 then rm a", "rm a then rm b", "look b then rm a then rm b", "link w n then rm w", "link w n then rm w then rm n",
        "rmdir empty", "rmdir e", "rmdir ue", "rm d/t/x then rmdir d/t", "mkdir gone then rmdir gone",

        // Names that move: every kind of object over every kind of target.
        "mv w n", "mv w gone", "mv w f", "mv w d/s/f", "mv w a", "mv w l", "mv w u/own",
        "mv f n", "mv f gone", "mv f w", "mv f d/s/f", "mv f a", "mv f d/s/n", "mv d/s/f f", "chmod f 600 then mv f n", "chmod f 600 then mv f w", "write f \"new\" then mv f gone",
        "mv a n", "look b then mv a n", "mv a w", "mv a b", "chmod a 600 then mv a gone", "look b then chmod a 600 then mv a d/s/f", "mv l n", "mv l p", "mv p n", "mv p l", "link w n then mv w f",
        "mv d n", "mv d gone", "mv d gonedir", "mv d ue", "mv d e", "mv d empty", "mv d/s n", "mv d/s d/n", "mv d n then mv n n2", "mv d n then mv n/s n/s2",
        "mv u n", "mv u gone", "mv u gonedir", "mv u e", "mv u empty", "mv u ue", "mv u d/s/n", "mv ue e", "mv e n", "mv r n", "mv r/s n",
        "mv-noreplace f n", "mv-noreplace f gone", "mv-noreplace d n", "mv-noreplace d gonedir", "mv-noreplace w n",
        "swap f w", "swap f d/s/f", "swap d f", "swap d w", "swap d u", "swap d/s u", "swap u w", "swap d e", "swap a w", "swap a d/s/f", "swap l p", "swap r d", "chmod f 600 then swap f d/s/k",

        // Bytes.
        "write w \"new\"", "write f \"new\"", "write d/s/f \"new\"", "write a \"2\"", "look b then write a \"2\"", "chmod d/s/f 600 then write d/s/f \"new\"", "chmod a 600 then write a \"2\"", "chmod a 444 then write a \"2\"",
        "chmod f 600 then mv f n then write n \"new\"", "write ro/f \"new\"", "chmod ro/f 400 then write ro/f \"new\"",
        "truncate w 0", "truncate w 2", "truncate f 0", "truncate d/s/f 3", "truncate d/s/f 30000", "truncate a 0", "truncate ro/f 2",
        "chmod d/s/f 600 then truncate d/s/f 0", "chmod d/s/f 600 then truncate d/s/f 3", "chmod d/s/f 600 then truncate d/s/f 30000", "chmod a 600 then truncate a 0", "chmod ro/f 400 then truncate ro/f 2",

        // Metadata.
        "chmod w 600", "chmod f 600", "chmod d/s/f 4755", "chmod a 600", "look b then chmod a 600", "chmod d/s 700", "chmod u 700", "chmod ro/f 400", "chmod ro 700", "chmod ro/s 700",
        "setxattr f user.a", "setxattr d/s/f user.a", "setxattr d/s user.a", "setxattr w user.a", "setxattr a user.a", "setxattr ro/s/g user.a",
        "mv ro n", "mv ro gonedir", "swap ro d",
    ];

    private static readonly string[] AsRoot =
    [
        "create ro/n \"\"", "mv ro/f n", "mv f ro/n", "rm ro/f", "link ro/f ro/n", "mkdir ro/n", "mv ro/s n",
    ];

    public static IEnumerable<TestedChange> All =>
    [
        .. Plain.Select(text => TestedChange.Of(text)),
        .. AsRoot.Select(text => TestedChange.Of(text, needsRoot: true)),
        new("make a device", (kernel, _) => kernel.Mknod("d/s/n", (uint)FileType.CharDevice | 0x1A4, 1, 3)) { NeedsRoot = true },
        new("make a device over a whiteout", (kernel, _) => kernel.Mknod("gone", (uint)FileType.CharDevice | 0x1A4, 1, 3)) { NeedsRoot = true },
        new("chown a file", (kernel, _) => kernel.Change("d/s/f", Owner)) { NeedsRoot = true },
        new("chown a hard link", (kernel, _) => kernel.Change("a", Owner)) { NeedsRoot = true, NeedsMarks = true },
        new("chown a directory", (kernel, _) => kernel.Change("d/s", Owner)) { NeedsRoot = true },
        new("chown a symbolic link", (kernel, _) => kernel.Change("l", Owner)) { NeedsRoot = true },
        new("set the times of a file", (kernel, _) => kernel.Change("d/s/f", Times)),
        new("set the times of a symbolic link", (kernel, _) => kernel.Change("l", Times)),
        new("set the times of a metacopy", (kernel, _) => kernel.Change("f", Times)) { Before = kernel => Node(kernel.Chmod("f", 0x180)) },
        new("remove an attribute of a lower file", (kernel, _) => RemoveXattr(kernel, "d/s/f")),
        new("remove an attribute of a copied-up file", (kernel, _) => RemoveXattr(kernel, "d/s/f")) { Before = kernel => Node(kernel.Write("d/s/f", "new"u8)) },
        new("allocate in a lower file", (kernel, _) => Fallocate(kernel, "f")),
        new("copy a range over a lower file", (kernel, _) => CopyRange(kernel, "w", "d/s/f")),
        new("make a file without a name", (kernel, none) => TmpFile(kernel, "d/s", out _)),
        new("link a file without a name", (kernel, node) => Link(kernel, node, "d/s", "n")) { Before = Nameless },
        new("link a file without a name over a whiteout", (kernel, node) => Link(kernel, node, "", "gone")) { Before = Nameless },
        new("write a file that was removed", (kernel, node) => kernel.Union.Write(kernel.Request, node, 0, 0, "new"u8, WriteFlags.None, out _)) { Before = Removed },
        new("chmod the root directory", (kernel, _) => kernel.Chmod("", 0x1C0)),
        new("write a setuid file, which loses the bit", (kernel, _) => WriteKilling(kernel, "suid"))
        {
            Meanwhile = line => line.Replace(" 4755 ", " 755 ", StringComparison.Ordinal), // before the bytes, as the kernel does it
        },
        new("cut a setuid file, which loses the bit", (kernel, _) => kernel.Change("suid", new SetAttributes { Valid = SetAttributesMask.Size | SetAttributesMask.KillSuidGid, Size = 2 })),
    ];

    /// <summary>Changes of a file that comes up block by block, where unions are opened so.</summary>
    public static IEnumerable<TestedChange> InPart =>
    [
        .. ((string[])
        [
            "write d/s/f \"new\"", "truncate d/s/f 9000", "truncate d/s/f 3", "truncate d/s/f 30000", "chmod d/s/f 600",
            "chmod d/s/f 600 then write d/s/f \"new\"", "chmod d/s/f 600 then truncate d/s/f 9000", "chmod d/s/f 400 then write d/s/f \"new\"",
            "write d/s/f \"new\" then write d/s/f \"other\"", "write d/s/f \"new\" then truncate d/s/f 9000", "write d/s/f \"new\" then truncate d/s/f 3", "write d/s/f \"new\" then truncate d/s/f 0",
            "write d/s/f \"new\" then truncate d/s/f 30000", "truncate d/s/f 9000 then truncate d/s/f 8000", "write d/s/f \"new\" then rm d/s/f", "write d/s/f \"new\" then mv d/s/f n", "write d/s/f \"new\" then mv d n",
            "write d/s/f \"new\" then mv d/s/f n then mv n d/s/f", "write d/s/f \"new\" then mv w d/s/f", "write d/s/f \"new\" then swap w d/s/f", "write d/s/f \"new\" then link d/s/f n", "write d/s/f \"new\" then link d/s/f n then rm n",
            "write d/s/f \"new\" then chmod d/s/f 600", "write d/s/f \"new\" then setxattr d/s/f user.a",
        ]).Select(text => TestedChange.Of(text) with { Meanwhile = TestedChange.TimeIsNow }),
        new("write the middle", (kernel, _) => WriteAt(kernel, 9000)) { Meanwhile = TestedChange.TimeIsNow },
        new("write another block", (kernel, _) => WriteAt(kernel, 9000)) { Before = kernel => Node(WriteAt(kernel, 3)) },
        new("append", (kernel, _) => WriteAt(kernel, 20000)) { Before = kernel => Node(WriteAt(kernel, 3)) },
        new("punch a hole", (kernel, _) => On(kernel, node => kernel.Union.Fallocate(kernel.Request, node, 0, FallocateMode.PunchHole | FallocateMode.KeepSize, 5000, 9000))) { Before = kernel => Node(WriteAt(kernel, 3)) },
        new("sync, which brings up the rest", (kernel, _) => On(kernel, node => kernel.Union.FSync(kernel.Request, node, 0, false))) { Before = kernel => Node(WriteAt(kernel, 9000)) },
        new("sync a sparse file, which is longer than what is brought up at a time", (kernel, _) => On(kernel, node => kernel.Union.FSync(kernel.Request, node, 0, false)))
        {
            Content = "hole(20000) \"island\"*2000 hole(1100000) \"island\"*3000 hole(1200000) \"island\" hole(9000)", Before = kernel => Node(WriteAt(kernel, 9000)),
        },
        new("sync a file that only its owner may read", (kernel, _) => On(kernel, node => kernel.Union.FSync(kernel.Request, node, 0, false))) { Before = kernel => Node(WriteAt(kernel, 9000) is var error and not Errno.None ? error : kernel.Chmod("d/s/f", 0x100)) },
        new("unmount, which brings up the rest", (kernel, _) => kernel.Union.End().Count == 0 ? Errno.None : Errno.IO) { Before = kernel => Node(WriteAt(kernel, 9000)) },
    ];

    private static Errno WriteAt(Kernel kernel, long offset) => On(kernel, node => kernel.Union.Write(kernel.Request, node, 0, offset, "new"u8, WriteFlags.None, out _));

    private static Errno On(Kernel kernel, Func<NodeId, Errno> act)
    {
        var error = kernel.Find("d/s/f", out var entry);
        return error != Errno.None ? error : act(entry.Node);
    }

    private static SetAttributes Owner => new() { Valid = SetAttributesMask.Uid | SetAttributesMask.Gid, Uid = 7, Gid = 8 };

    private static SetAttributes Times => new() { Valid = SetAttributesMask.AccessTime | SetAttributesMask.ModifyTime, AccessTime = new(1_100_000_000, 5), ModifyTime = new(1_200_000_000, 6) };

    private static NodeId Node(Errno error) => error == Errno.None ? NodeId.None : throw new InvalidOperationException(error.ToString());

    private static Errno RemoveXattr(Kernel kernel, string path)
    {
        var error = kernel.Find(path, out var entry);
        return error != Errno.None ? error : kernel.Union.RemoveXattr(kernel.Request, entry.Node, "user.colour"u8);
    }

    private static Errno Fallocate(Kernel kernel, string path)
    {
        var error = kernel.Find(path, out var entry);
        return error != Errno.None ? error : kernel.Union.Fallocate(kernel.Request, entry.Node, 0, 0, 0, 9000);
    }

    private static Errno CopyRange(Kernel kernel, string from, string to)
    {
        var error = kernel.Find(from, out var source);
        if (error != Errno.None) return error;
        error = kernel.Find(to, out var target);
        return error != Errno.None ? error : kernel.Union.CopyFileRange(kernel.Request, source.Node, 0, 0, target.Node, 0, 0, 4, out _);
    }

    private static Errno WriteKilling(Kernel kernel, string path)
    {
        var error = kernel.Find(path, out var entry);
        return error != Errno.None ? error : kernel.Union.Write(kernel.Request, entry.Node, 0, 0, "new"u8, WriteFlags.KillSuidGid, out _);
    }

    private static Errno TmpFile(Kernel kernel, string directory, out Entry entry)
    {
        entry = default;
        var error = kernel.Find(directory, out var parent);
        if (error == Errno.None) error = kernel.Union.TmpFile(kernel.Request, parent.Node, 0x1A4, 0, OpenFlags.ReadWrite, out entry, out _);
        if (error == Errno.None) kernel.Got(entry);
        return error;
    }

    private static NodeId Nameless(Kernel kernel)
    {
        Node(TmpFile(kernel, "d", out var entry));
        Node(kernel.Union.Write(kernel.Request, entry.Node, 0, 0, "text"u8, WriteFlags.None, out _));
        return entry.Node;
    }

    private static NodeId Removed(Kernel kernel)
    {
        Node(kernel.Find("f", out var entry));
        Node(kernel.Remove("f", isDirectory: false));
        return entry.Node;
    }

    private static Errno Link(Kernel kernel, NodeId node, string directory, string name)
    {
        var error = kernel.Find(directory, out var parent);
        if (error != Errno.None) return error;
        error = kernel.Union.Link(kernel.Request, node, parent.Node, System.Text.Encoding.UTF8.GetBytes(name), out var linked);
        if (error == Errno.None) kernel.Got(linked);
        return error;
    }
}
