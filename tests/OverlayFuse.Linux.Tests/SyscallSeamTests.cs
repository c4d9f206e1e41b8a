using NUnit.Framework;

namespace OverlayFuse.Linux.Tests;

internal class SyscallSeamTests
{
    private string _path = null!;
    private DirFd _dir = DirFd.None;

    // Each changes, opens or syncs; in this order each succeeds.
    private static readonly (SyscallName Name, Func<DirFd, Fd, Errno> Call)[] Calls =
    [
        (SyscallName.Open, (dir, _) => Closed(Syscall.OpenAt(dir, "new"u8, OpenFlags.ReadWrite | OpenFlags.Create, 0x180, out var fd), fd)),
        (SyscallName.Open, (dir, _) => Closed(Syscall.OpenAt2(dir, "new"u8, OpenFlags.ReadOnly, 0, ResolveFlags.Beneath, out var fd), fd)),
        (SyscallName.Mkdir, (dir, _) => Syscall.MkdirAt(dir, "d"u8, 0x1C0)),
        (SyscallName.Mknod, (dir, _) => Syscall.MknodAt(dir, "fifo"u8, (uint)FileType.Fifo | 0x180, 0, 0)),
        (SyscallName.Symlink, (dir, _) => Syscall.SymlinkAt("to"u8, dir, "l"u8)),
        (SyscallName.Link, (dir, _) => Syscall.LinkAt(dir, "fifo"u8, dir, "fifo2"u8)),
        (SyscallName.Link, (dir, file) => Syscall.LinkFd(file, dir, "linked"u8)),
        (SyscallName.Rename, (dir, _) => Syscall.RenameAt2(dir, "fifo2"u8, dir, "fifo3"u8, RenameFlags.NoReplace)),
        (SyscallName.Unlink, (dir, _) => Syscall.UnlinkAt(dir, "fifo3"u8)),
        (SyscallName.Chmod, (dir, _) => Syscall.ChmodAt(dir, "new"u8, 0x1A4)),
        (SyscallName.Chmod, (_, file) => Syscall.Chmod(file, 0x1A4)),
        (SyscallName.Chown, (dir, _) => Syscall.ChownAt(dir, "new"u8, uint.MaxValue, uint.MaxValue)),
        (SyscallName.Chown, (_, file) => Syscall.Chown(file, uint.MaxValue, uint.MaxValue)),
        (SyscallName.Utimens, (dir, _) => Syscall.UtimensAt(dir, "new"u8, Timestamp.Now, Timestamp.Now)),
        (SyscallName.Utimens, (_, file) => Syscall.Utimens(file, Timestamp.Now, Timestamp.Now)),
        (SyscallName.SetXattr, (dir, _) => Syscall.SetXattrAt(dir, "new"u8, "user.a"u8, "1"u8, XattrFlags.None)),
        (SyscallName.SetXattr, (_, file) => Syscall.SetXattr(file, "user.a"u8, "1"u8, XattrFlags.None)),
        (SyscallName.RemoveXattr, (dir, _) => Syscall.RemoveXattrAt(dir, "new"u8, "user.a"u8)),
        (SyscallName.RemoveXattr, (_, file) => Syscall.RemoveXattr(file, "user.a"u8)),
        (SyscallName.PWrite, (dir, file) => Syscall.PWrite(file, "bytes"u8, 0, out _)),
        (SyscallName.CopyFileRange, (dir, file) => Syscall.CopyFileRange(file, 0, file, 10, 5, out _)),
        (SyscallName.Truncate, (_, file) => Syscall.Truncate(file, 100)),
        (SyscallName.Fallocate, (_, file) => Syscall.Fallocate(file, 0, 0, 4096)),
        (SyscallName.FSync, (_, file) => Syscall.FSync(file)),
        (SyscallName.FDataSync, (_, file) => Syscall.FDataSync(file)),
        (SyscallName.SyncFs, (_, file) => Syscall.SyncFs(file)),
        (SyscallName.Rmdir, (dir, _) => Syscall.RmdirAt(dir, "d"u8)),
    ];

    [SetUp]
    public void SetUp()
    {
        _path = Directory.CreateDirectory($"/var/tmp/overlayfuse-seam-{Guid.NewGuid():n}").FullName;
        Assert.That(Syscall.Open(_path, OpenFlags.ReadOnly | OpenFlags.Directory, out var fd), Is.EqualTo(Errno.None));
        _dir = new DirFd(fd.Number);
    }

    [TearDown]
    public void TearDown()
    {
        _dir.Close();
        Directory.Delete(_path, recursive: true);
    }

    [Test]
    public void Every_call_is_seen_once_and_made_when_the_watcher_agrees()
    {
        using var file = new Opened(_dir);
        foreach (var (name, call) in Calls)
        {
            var watcher = new Recorder();
            using (SyscallSeam.Watch(watcher)) Assert.That(call(_dir, file.Fd), Is.EqualTo(Errno.None), name.ToString());
            Assert.That(watcher.Seen, Is.EqualTo(new[] { name }));
        }
    }

    [Test]
    public void A_refused_call_gives_the_error_and_is_not_made()
    {
        using var file = new Opened(_dir);
        var before = Snapshot();
        using (SyscallSeam.Watch(new Recorder { Answer = Errno.DQUOT }))
        {
            foreach (var (name, call) in Calls) Assert.That(call(_dir, file.Fd), Is.EqualTo(Errno.DQUOT), name.ToString());
            Assert.That(Syscall.Clone(file.Fd, file.Fd), Is.EqualTo(Errno.DQUOT));
        }
        Assert.That(Snapshot(), Is.EqualTo(before));
    }

    [Test]
    public void A_watcher_sees_the_threads_of_its_flow_and_no_others()
    {
        var watcher = new Recorder();
        using var begun = new ManualResetEventSlim();
        using var watched = new ManualResetEventSlim();
        var stranger = new Thread(() =>
        {
            begun.Set();
            watched.Wait();
            Syscall.MkdirAt(_dir, "stranger"u8, 0x1C0);
        });
        stranger.Start();
        begun.Wait();
        using (SyscallSeam.Watch(watcher))
        {
            watched.Set();
            stranger.Join();
            var own = new Thread(() => Syscall.MkdirAt(_dir, "own"u8, 0x1C0));
            own.Start();
            own.Join();
        }
        Syscall.MkdirAt(_dir, "after"u8, 0x1C0);
        Assert.That(watcher.Names, Is.EqualTo(new[] { "own" }));
        Assert.That(Directory.GetFileSystemEntries(_path), Has.Length.EqualTo(3));
        Assert.That(SyscallSeam.IsWatched, Is.False);
    }

    [Test]
    public void Syncing_and_plain_opening_change_nothing()
    {
        using var file = new Opened(_dir);
        var watcher = new Recorder();
        using (SyscallSeam.Watch(watcher))
        {
            foreach (var (_, call) in Calls) call(_dir, file.Fd);
        }
        Assert.That(watcher.Changing, Is.EqualTo(Calls.Length - 4)); // fsync, fdatasync, syncfs, and the open for reading
    }

    private string Snapshot() => string.Join(' ', Directory.GetFileSystemEntries(_path).Select(p => $"{p} {new FileInfo(p).LastWriteTimeUtc.Ticks} {new FileInfo(p).Length}"));

    private static Errno Closed(Errno error, Fd fd)
    {
        fd.Close();
        return error;
    }

    private sealed class Recorder : ISyscallWatcher
    {
        public Errno Answer { get; init; }

        public List<SyscallName> Seen { get; } = [];

        public List<string> Names { get; } = [];

        public int Changing { get; private set; }

        public Errno Before(in WatchedCall call)
        {
            Seen.Add(call.Call);
            Names.Add(System.Text.Encoding.UTF8.GetString(call.Name));
            if (call.Changes) Changing++;
            return Answer;
        }
    }

    private sealed class Opened : IDisposable
    {
        public Opened(DirFd dir)
        {
            Assert.That(Syscall.OpenAt(dir, "file"u8, OpenFlags.ReadWrite | OpenFlags.Create, 0x180, out var fd), Is.EqualTo(Errno.None));
            Fd = fd;
        }

        public Fd Fd { get; }

        public void Dispose() => Fd.Close();
    }
}
