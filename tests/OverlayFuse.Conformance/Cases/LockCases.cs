namespace OverlayFuse.Conformance;

/// <summary>flock(2), record locks of processes and of open files, leases.</summary>
internal static class LockCases
{
    public static Case[] Whole => OfFamily("flock",
        Anyone("an exclusive lock keeps another open file out", [AFile("f")], () =>
        {
            FLock(Open("f", O_RDONLY).Ok(), LOCK_EX).Ok();
            FLock(Open("f", O_RDONLY).Ok(), LOCK_EX | LOCK_NB).Is(AGAIN);
        }),
        Anyone("a shared lock lets another shared one in", [AFile("f")], () =>
        {
            FLock(Open("f", O_RDONLY).Ok(), LOCK_SH).Ok();
            FLock(Open("f", O_RDONLY).Ok(), LOCK_SH | LOCK_NB).Ok();
        }),
        Anyone("a shared lock keeps an exclusive one out", [AFile("f")], () =>
        {
            FLock(Open("f", O_RDONLY).Ok(), LOCK_SH).Ok();
            FLock(Open("f", O_RDONLY).Ok(), LOCK_EX | LOCK_NB).Is(AGAIN);
        }),
        Anyone("a copy of the descriptor has the same lock", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            FLock(fd, LOCK_EX).Ok();
            FLock(Dup(fd).Ok(), LOCK_EX | LOCK_NB).Ok();
        }),
        Anyone("LOCK_UN lets others in", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            FLock(fd, LOCK_EX).Ok();
            FLock(fd, LOCK_UN).Ok();
            FLock(Open("f", O_RDONLY).Ok(), LOCK_EX | LOCK_NB).Ok();
        }),
        Anyone("the last close lets others in", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            FLock(fd, LOCK_EX).Ok();
            Close(fd).Ok();
            FLock(Open("f", O_RDONLY).Ok(), LOCK_EX | LOCK_NB).Ok();
        }),
        Anyone("a lock is changed to another kind", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            FLock(fd, LOCK_EX).Ok();
            FLock(fd, LOCK_SH).Ok();
            FLock(Open("f", O_RDONLY).Ok(), LOCK_SH | LOCK_NB).Ok();
        }),
        Anyone("one waits until the other lets go", [AFile("f")], () =>
        {
            var held = Open("f", O_RDONLY).Ok();
            FLock(held, LOCK_EX).Ok();
            Beside(() => FLock(Open("f", O_RDONLY).Ok(), LOCK_EX).Ok(), () =>
            {
                Thread.Sleep(20);
                FLock(held, LOCK_UN).Ok();
            });
        }),
        Anyone("a lock holds when the file is written by another", [AFile("f", "text")], () =>
        {
            FLock(Open("f", O_RDONLY).Ok(), LOCK_EX).Ok();
            Write(Open("f", O_WRONLY).Ok(), "x").Gives(1);
            Chmod("f", 600).Ok();
            FLock(Open("f", O_RDONLY).Ok(), LOCK_EX | LOCK_NB).Is(AGAIN);
        }),
        Anyone("a directory is locked", [ADirectory("d")], () =>
        {
            FLock(Open("d", O_RDONLY).Ok(), LOCK_EX).Ok();
            FLock(Open("d", O_RDONLY).Ok(), LOCK_EX | LOCK_NB).Is(AGAIN);
        }),
        Anyone("an operation that is none is EINVAL", [AFile("f")], () => FLock(Open("f", O_RDONLY).Ok(), 0x40).Is(INVAL)),
        Anyone("no descriptor is EBADF", [], () => FLock(-1, LOCK_EX).Is(BADF)));

    public static Case[] Records => OfFamily("record locks",
        Anyone("a lock of a process keeps another out: EAGAIN", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK).Ok();
            Elsewhere(() => Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK).Is(AGAIN, ACCES));
        }),
        Anyone("the process itself is never kept out", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK).Ok();
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK).Ok();
        }),
        Anyone("ranges that do not meet are free", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK, 0, 10).Ok();
            Elsewhere(() =>
            {
                var fd = Open("f", O_RDWR).Ok();
                Lock(fd, F_SETLK, F_WRLCK, 10, 10).Ok();
                Lock(fd, F_SETLK, F_WRLCK, 5, 1).Is(AGAIN, ACCES);
            });
        }),
        Anyone("read locks share", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_RDLCK).Ok();
            Elsewhere(() =>
            {
                var fd = Open("f", O_RDWR).Ok();
                Lock(fd, F_SETLK, F_RDLCK).Ok();
                Lock(fd, F_SETLK, F_WRLCK).Is(AGAIN, ACCES);
            });
        }),
        Anyone("F_GETLK tells what is in the way", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_RDLCK, 3, 4).Ok();
            Elsewhere(() =>
            {
                var fd = Open("f", O_RDWR).Ok();
                Same(F_RDLCK, LockInTheWay(fd, F_GETLK, F_WRLCK));
                Same(F_UNLCK, LockInTheWay(fd, F_GETLK, F_RDLCK));
                Same(F_UNLCK, LockInTheWay(fd, F_GETLK, F_WRLCK, 7, 1));
            });
        }),
        Anyone("any close of the file by the process drops its locks", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK).Ok();
            TryOpen("f", O_RDONLY).Ok();
            Elsewhere(() => Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK).Ok());
        }),
        Anyone("a part is unlocked", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Lock(fd, F_SETLK, F_WRLCK, 0, 30).Ok();
            Lock(fd, F_SETLK, F_UNLCK, 10, 10).Ok();
            Elsewhere(() =>
            {
                var other = Open("f", O_RDWR).Ok();
                Lock(other, F_SETLK, F_WRLCK, 10, 10).Ok();
                Lock(other, F_SETLK, F_WRLCK, 20, 1).Is(AGAIN, ACCES);
            });
        }),
        Anyone("a range from the end", [AFile("f", "0123456789")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK, -2, 2, SEEK_END).Ok();
            Elsewhere(() =>
            {
                var fd = Open("f", O_RDWR).Ok();
                Lock(fd, F_SETLK, F_WRLCK, 7, 1).Ok();
                Lock(fd, F_SETLK, F_WRLCK, 8, 1).Is(AGAIN, ACCES);
            });
        }),
        Anyone("one waits until the other lets go", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Lock(fd, F_SETLK, F_WRLCK).Ok();
            Beside(() => Lock(Open("f", O_RDWR).Ok(), F_SETLKW, F_WRLCK).Ok(), () =>
            {
                Thread.Sleep(20);
                Lock(fd, F_SETLK, F_UNLCK).Ok();
            });
        }),
        Anyone("two that wait for each other: EDEADLK", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Lock(fd, F_SETLK, F_WRLCK, 0, 1).Ok();
            var outcomes = new Errno[2];
            using var locked = new ManualResetEventSlim();
            Beside(() =>
            {
                var other = Open("f", O_RDWR).Ok();
                Lock(other, F_SETLK, F_WRLCK, 1, 1).Ok();
                locked.Set();
                outcomes[0] = Lock(other, F_SETLKW, F_WRLCK, 0, 1).Error;
                Close(other).Ok();
            }, () =>
            {
                True(locked.Wait(5000));
                Thread.Sleep(20);
                outcomes[1] = Lock(fd, F_SETLKW, F_WRLCK, 1, 1).Error;
                Lock(fd, F_SETLK, F_UNLCK).Ok();
            });
            Array.Sort(outcomes); // whoever asks last gets it, and on a busy machine that may be either
            Same((None, DEADLK), (outcomes[0], outcomes[1]));
        }),
        Anyone("a write lock by a descriptor for reading is EBADF", [AFile("f")], () => Lock(Open("f", O_RDONLY).Ok(), F_SETLK, F_WRLCK).Is(BADF)),
        Anyone("a read lock by a descriptor for writing is EBADF", [AFile("f")], () => Lock(Open("f", O_WRONLY).Ok(), F_SETLK, F_RDLCK).Is(BADF)),
        Anyone("a range that begins before the file is EINVAL", [AFile("f")], () => Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK, -1, 1).Is(INVAL)),
        Anyone("a kind that is none is EINVAL", [AFile("f")], () => Lock(Open("f", O_RDWR).Ok(), F_SETLK, 77).Is(INVAL)),
        Anyone("a lock holds when the file is copied up or changed", [AFile("f", "text")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK).Ok();
            Chmod("f", 600).Ok();
            Truncate("f", 1).Ok();
            Rename("f", "g").Ok();
            Elsewhere(() => Lock(Open("g", O_RDWR).Ok(), F_SETLK, F_WRLCK).Is(AGAIN, ACCES));
        }));

    public static Case[] OpenFiles => OfFamily("open file locks",
        Anyone("another open file of the same process is kept out", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_OFD_SETLK, F_WRLCK).Ok();
            Lock(Open("f", O_RDWR).Ok(), F_OFD_SETLK, F_WRLCK).Is(AGAIN, ACCES);
        }),
        Anyone("a copy of the descriptor has the same lock", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Lock(fd, F_OFD_SETLK, F_WRLCK).Ok();
            Lock(Dup(fd).Ok(), F_OFD_SETLK, F_WRLCK).Ok();
        }),
        Anyone("a close of another open file leaves it", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_OFD_SETLK, F_WRLCK).Ok();
            TryOpen("f", O_RDWR).Ok();
            Lock(Open("f", O_RDWR).Ok(), F_OFD_SETLK, F_WRLCK).Is(AGAIN, ACCES);
        }),
        Anyone("it keeps a process's lock out", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_OFD_SETLK, F_WRLCK).Ok();
            Lock(Open("f", O_RDWR).Ok(), F_SETLK, F_WRLCK).Is(AGAIN, ACCES);
        }),
        Anyone("F_OFD_GETLK tells what is in the way", [AFile("f")], () =>
        {
            Lock(Open("f", O_RDWR).Ok(), F_OFD_SETLK, F_WRLCK, 5, 1).Ok();
            var fd = Open("f", O_RDWR).Ok();
            Same((F_WRLCK, F_UNLCK), (LockInTheWay(fd, F_OFD_GETLK, F_RDLCK), LockInTheWay(fd, F_OFD_GETLK, F_RDLCK, 6, 1)));
        }),
        Anyone("one waits until the other is closed", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDWR).Ok();
            Lock(fd, F_OFD_SETLK, F_WRLCK).Ok();
            using var ready = new ManualResetEventSlim();
            Beside(() =>
            {
                Close(fd).Ok(); // this thread's copy; else it would hold what it waits for
                ready.Set();
                Lock(Open("f", O_RDWR).Ok(), F_OFD_SETLKW, F_WRLCK).Ok();
            }, () =>
            {
                True(ready.Wait(5000));
                Thread.Sleep(20);
                Close(fd).Ok();
            });
        }));

    public static Case[] Leases => OfFamily("leases",
        Anyone("none is there at first", [AFile("f")], () => Fcntl(Open("f", O_RDONLY).Ok(), F_GETLEASE).Gives(F_UNLCK)),
        Anyone("a lease of a directory is EINVAL or taken", [ADirectory("d")], () => Fcntl(Open("d", O_RDONLY).Ok(), F_SETLEASE, F_RDLCK).Is(None, INVAL)),
        Anyone("a read lease while a writer is there is EAGAIN", [AFile("f")], () =>
        {
            _ = Open("f", O_RDWR).Ok();
            Fcntl(Open("f", O_RDONLY).Ok(), F_SETLEASE, F_RDLCK).Is(AGAIN);
        }),
        Anyone("a read lease is had and given back", [AFile("f")], () =>
        {
            var fd = Open("f", O_RDONLY).Ok();
            Fcntl(fd, F_SETLEASE, F_RDLCK).Ok();
            Fcntl(fd, F_GETLEASE).Gives(F_RDLCK);
            Fcntl(fd, F_SETLEASE, F_UNLCK).Ok();
        }));
}
