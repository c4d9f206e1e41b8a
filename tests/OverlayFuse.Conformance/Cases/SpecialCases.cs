namespace OverlayFuse.Conformance;

/// <summary>FIFOs and sockets between processes, execution, and what a file system says of itself.</summary>
internal static class SpecialCases
{
    private const string KeepsNoFlags = "FUSE takes no flags of inodes from the daemon: the kernel would open the file, and with the writeback cache take bytes, that the daemon then may not write";

    public static Case[] Fifos => OfFamily("fifo",
        Anyone("what one writes another reads", [AFifo("p")], () =>
            Beside(() => Write(Open("p", O_WRONLY).Ok(), "through").Gives(7), () =>
            {
                var buffer = new byte[7];
                Read(Open("p", O_RDONLY).Ok(), buffer).Gives(7);
                Same("through", System.Text.Encoding.ASCII.GetString(buffer));
            })),
        Anyone("one that was just made works", [], () =>
        {
            Mkfifo("p").Ok();
            Beside(() => Write(Open("p", O_WRONLY).Ok(), "x").Gives(1), () => Read(Open("p", O_RDONLY).Ok(), new byte[1]).Gives(1));
        }),
        Anyone("a writer without a reader is ENXIO when it does not wait", [AFifo("p")], () => TryOpen("p", O_WRONLY | O_NONBLOCK).Is(NXIO)),
        Anyone("a reader that does not wait opens at once", [AFifo("p")], () => TryOpen("p", O_RDONLY | O_NONBLOCK).Ok()),
        Anyone("reading without a writer is the end", [AFifo("p")], () => Read(Open("p", O_RDONLY | O_NONBLOCK).Ok(), new byte[1]).Gives(0)),
        Anyone("reading an empty one with a writer is EAGAIN", [AFifo("p")], () =>
        {
            var reader = Open("p", O_RDONLY | O_NONBLOCK).Ok();
            _ = Open("p", O_WRONLY).Ok();
            Read(reader, new byte[1]).Is(AGAIN);
        }),
        Anyone("both names are one", [AFifo("p")], () =>
        {
            Link("p", "q").Ok();
            var reader = Open("p", O_RDONLY | O_NONBLOCK).Ok();
            Write(Open("q", O_WRONLY).Ok(), "x").Gives(1);
            Read(reader, new byte[1]).Gives(1);
        }),
        Anyone("one that was changed is still the same", [AFifo("p")], () =>
        {
            var reader = Open("p", O_RDONLY | O_NONBLOCK).Ok();
            Chmod("p", 600).Ok();
            Rename("p", "q").Ok();
            Write(Open("q", O_WRONLY | O_NONBLOCK).Ok(), "x").Gives(1);
            Read(reader, new byte[1]).Gives(1);
        }),
        Anyone("poll tells when there is something", [AFifo("p")], () =>
        {
            var reader = Open("p", O_RDONLY | O_NONBLOCK).Ok();
            var writer = Open("p", O_WRONLY).Ok();
            Same((short)0, Poll(reader, POLLIN, 0));
            Write(writer, "x").Gives(1);
            Same(POLLIN, Poll(reader, POLLIN, 1000));
        }),
        Ordinary("one that may not be written is EACCES", [AFifo("p", 444)], () => TryOpen("p", O_WRONLY | O_NONBLOCK).Is(ACCES)),
        Anyone("its size stays 0", [AFifo("p")], () =>
        {
            var reader = Open("p", O_RDONLY | O_NONBLOCK).Ok();
            Write(Open("p", O_WRONLY).Ok(), "x").Gives(1);
            Same((0L, 0ul), (SizeOf("p"), FStat(reader).Size));
        }));

    public static Case[] Sockets => OfFamily("socket",
        Anyone("bind makes it", [], () =>
        {
            Bind(Socket(), "s").Ok();
            Same(FileType.Socket, TypeOf("s"));
        }),
        Anyone("the umask holds", [], () => WithUmask(77, () =>
        {
            Bind(Socket(), "s").Ok();
            Same(700, ModeOf("s"));
        })),
        Anyone("a client and a server talk", [], () =>
        {
            var server = Socket();
            Bind(server, "s").Ok();
            Listen(server).Ok();
            Beside(() =>
            {
                var client = Socket();
                Connect(client, "s").Ok();
                Write(client, "hello").Gives(5);
            }, () =>
            {
                var buffer = new byte[5];
                Read(Accept(server).Ok(), buffer).Gives(5);
                Same("hello", System.Text.Encoding.ASCII.GetString(buffer));
            });
        }),
        Anyone("datagrams arrive", [], () =>
        {
            var server = Socket(Native.SOCK_DGRAM);
            Bind(server, "s").Ok();
            var client = Socket(Native.SOCK_DGRAM);
            Connect(client, "s").Ok();
            Write(client, "hello").Gives(5);
            Read(server, new byte[5]).Gives(5);
        }),
        Anyone("a name that is there is EADDRINUSE", [AFile("s")], () => Bind(Socket(), "s").Is(ADDRINUSE)),
        Anyone("a name that was removed is free again", [ASocket("s")], () =>
        {
            Unlink("s").Ok();
            Bind(Socket(), "s").Ok();
        }),
        Anyone("one that nobody serves is ECONNREFUSED", [ASocket("s")], () => Connect(Socket(), "s").Is(CONNREFUSED)),
        Anyone("a file is ECONNREFUSED", [AFile("f")], () => Connect(Socket(), "f").Is(CONNREFUSED)),
        Anyone("a name that is not there is ENOENT", [], () => Connect(Socket(), "x").Is(NOENT)),
        Anyone("bind in what is not there is ENOENT", [], () => Bind(Socket(), "x/s").Is(NOENT)),
        Anyone("it is reached under its new name", [], () =>
        {
            var server = Socket();
            Bind(server, "s").Ok();
            Listen(server).Ok();
            Rename("s", "t").Ok();
            Chmod("t", 700).Ok();
            Connect(Socket(), "t").Ok();
        }),
        Ordinary("one that may not be written is EACCES", [], () =>
        {
            var server = Socket();
            Bind(server, "s").Ok();
            Listen(server).Ok();
            Chmod("s", 400).Ok();
            Connect(Socket(), "s").Is(ACCES);
        }),
        Ordinary("bind in a directory that may not be written is EACCES", [ADirectory("d", 555)], () => Bind(Socket(), "d/s").Is(ACCES)));

    public static Case[] Execution => OfFamily("execution",
        Root("a script runs", [AFile("f", "#!/bin/sh\nexit 7\n", 755)], () => Same(7, Run("f"))),
        Root("a file that was just written runs", [], () =>
        {
            WriteFile("f", "#!/bin/sh\nexit 8\n", 755);
            Same(8, Run("f"));
        }),
        Root("a file open for writing is ETXTBSY", [AFile("f", "#!/bin/sh\nexit 7\n", 755)], () =>
        {
            _ = Open("f", O_WRONLY).Ok();
            Same(-(int)TXTBSY, Run("f"));
        }),
        Root("a file that nobody may execute is EACCES", [AFile("f", "#!/bin/sh\nexit 7\n", 644)], () => Same(-(int)ACCES, Run("f"))),
        Root("a program that runs is not written: ETXTBSY", [], () => WhileSleepRuns(() => TryOpen("sleep", O_WRONLY).Is(TXTBSY))),
        Root("a program that runs is not truncated: ETXTBSY", [], () => WhileSleepRuns(() => Truncate("sleep", 0).Is(TXTBSY))),
        Root("a program that runs is removed and replaced", [], () => WhileSleepRuns(() =>
        {
            Unlink("sleep").Ok();
            WriteFile("sleep", "new");
        })));

    public static Case[] Facts => OfFamily("statfs and flags",
        Anyone("names may have 255 bytes", [], () => Same(255u, FileSystem(".").NameLength)),
        Anyone("there are blocks, and no more free than there are", [], () =>
        {
            var status = FileSystem(".");
            True(status.Blocks > 0);
            True(status.FreeBlocks <= status.Blocks);
            True(status.AvailableBlocks <= status.FreeBlocks);
            True(status.BlockSize > 0);
        }),
        Anyone("all objects are on one file system", [AFile("f"), ADirectory("d")], () => Same(FileSystem("f").Magic, FileSystem("d").Magic)),
        Anyone("statx tells a time of birth, not after that of modification", [], () =>
        {
            Create("f");
            var status = LStat("f");
            if (status.HasBirthTime) True(status.BirthTime.Seconds <= status.ModifyTime.Seconds + 1);
        }),
        Anyone("FS_IOC_GETFLAGS of a file", [AFile("f")], () => IoControl(Open("f", O_RDONLY).Ok(), FS_IOC_GETFLAGS, new byte[8]).Is(None)),
        Anyone("FS_IOC_GETFLAGS of a directory", [ADirectory("d")], () => IoControl(Open("d", O_RDONLY).Ok(), FS_IOC_GETFLAGS, new byte[8]).Is(None)),
        Anyone("FS_IOC_FSGETXATTR of a file", [AFile("f")], () => IoControl(Open("f", O_RDONLY).Ok(), FS_IOC_FSGETXATTR, new byte[28]).Is(None)),
        Root("FS_IOC_SETFLAGS makes a file immutable", [AFile("f", "text")], () =>
        {
            Flagged("f", FS_IMMUTABLE_FL, () =>
            {
                Open("f", O_WRONLY).Is(PERM);
                Unlink("f").Is(PERM);
                Chmod("f", 600).Is(PERM);
            });
            WriteFile("f", "new");
        }).Differs(Engine.Root, "saw NOTTY", KeepsNoFlags),
        Root("FS_IOC_SETFLAGS lets a file only grow", [AFile("f", "text")], () =>
        {
            Flagged("f", FS_APPEND_FL, () =>
            {
                Open("f", O_WRONLY).Is(PERM);
                Write(Open("f", O_WRONLY | O_APPEND).Ok(), " more").Gives(5);
            });
            Same("text more", TextOf("f"));
        }).Differs(Engine.Root, "saw NOTTY", KeepsNoFlags),
        Anyone("an ioctl that is none is ENOTTY", [AFile("f")], () => IoControl(Open("f", O_RDONLY).Ok(), 0x1234, new byte[8]).Is(NOTTY)),
        Anyone("FIONREAD tells what is left to read", [AFile("f", "0123456789")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            Read(fd, new byte[3]).Gives(3);
            var count = new byte[4];
            IoControl(fd, FIONREAD, count).Ok();
            Same(7, BitConverter.ToInt32(count));
        }),
        Anyone("fsync, fdatasync and syncfs after a write", [AFile("f", "text")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            PWrite(fd, "x", 0).Gives(1);
            FSync(fd).Ok();
            FDataSync(fd).Ok();
            SyncFs(fd).Ok();
        }),
        Anyone("fsync of a descriptor for reading", [AFile("f", "text")], () => FSync(Open("f", O_RDONLY).Ok()).Ok()),
        Anyone("fsync of a FIFO is EINVAL", [AFifo("p")], () => FSync(Open("p", O_RDONLY | O_NONBLOCK).Ok()).Is(INVAL)),
        Anyone("fsync of no descriptor is EBADF", [], () => FSync(-1).Is(BADF)));

    // On what has a flag nothing can be cleaned up.
    private static void Flagged(string path, uint flag, Action action)
    {
        var fd = Open(path, O_RDONLY).Ok();
        var flags = new byte[8];
        IoControl(fd, FS_IOC_GETFLAGS, flags).Is(None);
        var before = BitConverter.ToUInt32(flags);
        IoControl(fd, FS_IOC_SETFLAGS, BitConverter.GetBytes((ulong)(before | flag))).Is(None);
        try
        {
            action();
        }
        finally
        {
            IoControl(fd, FS_IOC_SETFLAGS, BitConverter.GetBytes((ulong)before)).Is(None);
        }
    }

    private static FileSystemStatus FileSystem(string path)
    {
        new Result($"fstatfs({path})", 0, Syscall.StatFs(new Fd(Open(path, O_RDONLY).Ok()), out var status)).Ok();
        return status;
    }

    /// <summary>The exit code of a program, or what execve(2) said, negative.</summary>
    private static int Run(string name)
    {
        var spawned = Spawn(name);
        return spawned.Error == None ? WaitFor(spawned.Ok()) : -(int)spawned.Error;
    }

    private static void WhileSleepRuns(Action action)
    {
        WriteFile("sleep", "", 755);
        int from = Open("/bin/sleep", O_RDONLY).Ok(), to = Open("sleep", O_WRONLY).Ok();
        SendFile(to, from, 0, (long)FStat(from).Size).Is(None);
        Close(to).Ok();
        var process = Spawn("sleep", "30").Ok();
        try
        {
            action();
        }
        finally
        {
            _ = Native.kill(process, SIGKILL);
            _ = WaitFor(process);
        }
    }
}
