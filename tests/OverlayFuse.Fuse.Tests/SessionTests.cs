using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

[CancelAfter(30_000)]
public sealed class SessionTests
{
    private static SessionOptions Options(int most = 8, Action<string>? log = null) => new() { MaxWrite = 64 * 1024, MaxThreads = most, Log = log };

    [Test]
    public void A_session_starts_serves_and_ends()
    {
        var fileSystem = new RecordingFileSystem();
        using var kernel = new ScriptedKernel(fileSystem, Options());
        using var ready = new ManualResetEventSlim();
        kernel.Session.Ready += ready.Set;

        var init = kernel.Initialise();
        Assert.That(init.MaxWrite, Is.EqualTo(64 * 1024));
        Assert.That(ready.Wait(20_000));
        Assert.That(kernel.Session.Protocol, Is.EqualTo(new Version(7, 45)));
        Assert.That(kernel.Session.Granted & InitFlags.ParallelDirOps, Is.Not.EqualTo(InitFlags.None));

        Assert.That(kernel.Ask(new RequestBuilder(Opcode.Unlink).AddName("a")).Error, Is.EqualTo(Errno.None));
        Assert.That(kernel.End(), Is.Null);
        Assert.That(fileSystem.Calls, Is.EqualTo(["Unlink 1 a", "Stopped"]));
        Assert.That(kernel.Session.Requests[Opcode.Init], Is.EqualTo(1));
    }

    [Test]
    public void A_kernel_of_a_later_major_version_is_told_ours_and_asks_again()
    {
        using var kernel = new ScriptedKernel(new RecordingFileSystem(), Options());
        Assert.That(kernel.Initialise(major: 8, minor: 1).Major, Is.EqualTo(7));
        Assert.That(kernel.Initialise().Minor, Is.EqualTo(45));
        Assert.That(kernel.End(), Is.Null);
    }

    [Test]
    public void A_kernel_too_old_is_refused_in_words()
    {
        using var kernel = new ScriptedKernel(new RecordingFileSystem(), Options());
        kernel.SendInit(7, 8, 0, 0);
        Assert.That(kernel.Receive().Error, Is.EqualTo(Errno.PROTO));
        Assert.That(kernel.End(), Is.TypeOf<MountException>().With.Message.Contains("7.8"));
    }

    [Test]
    public void A_slow_request_does_not_hold_up_the_others()
    {
        using var gate = new ManualResetEventSlim();
        using var kernel = new ScriptedKernel(new SlowFileSystem(gate), Options());
        kernel.Initialise();
        for (var i = 0u; i < 5; i++) kernel.Send(new RequestBuilder(Opcode.FSync) { Unique = 100 + i }.Add(new FSyncIn()));

        Assert.That(kernel.Ask(new RequestBuilder(Opcode.Access) { Unique = 200 }.Add(new OneNumber())).Unique, Is.EqualTo(200));
        Assert.That(kernel.Session.Threads, Is.GreaterThan(5));
        gate.Set();
        var answered = Enumerable.Range(0, 5).Select(_ => kernel.Receive().Unique).Order();
        Assert.That(answered, Is.EqualTo([100, 101, 102, 103, 104]));
        Assert.That(kernel.End(), Is.Null);
    }

    [Test]
    public void What_is_not_known_to_take_long_does_not_hold_up_the_others_either([Values(1, 5)] int slow)
    {
        using var gate = new ManualResetEventSlim();
        using var kernel = new ScriptedKernel(new SlowFileSystem(gate), Options());
        kernel.Initialise();
        Thread.Sleep(200); // the watch has fallen asleep
        for (var i = 0u; i < slow; i++) kernel.Send(new RequestBuilder(Opcode.RemoveXattr) { Unique = 100 + i }.AddName("user.a"));

        Assert.That(kernel.Ask(new RequestBuilder(Opcode.Access) { Unique = 200 }.Add(new OneNumber())).Unique, Is.EqualTo(200));
        gate.Set();
        Assert.That(Enumerable.Range(0, slow).Select(_ => kernel.Receive().Error), Is.All.EqualTo(Errno.None));
        Assert.That(kernel.End(), Is.Null);
    }

    [Test]
    public void Requests_that_wait_for_others_are_served_again_and_again()
    {
        using var file = new WaitingFileSystem();
        using var kernel = new ScriptedKernel(file, Options());
        kernel.Initialise();
        var random = new Random(1);
        for (var round = 0u; round < 300; round++)
        {
            var waiting = random.Next(1, 4);
            for (var i = 0u; i < waiting; i++) kernel.Send(new RequestBuilder(Opcode.RemoveXattr) { Unique = 100 + i }.AddName("user.a"));
            if (random.Next(2) == 0) Thread.Sleep(random.Next(4));
            for (var i = 0; i < waiting; i++) kernel.Send(new RequestBuilder(Opcode.Access) { Unique = 200 }.Add(new OneNumber()));
            for (var i = 0; i < 2 * waiting; i++) Assert.That(kernel.Receive().Error, Is.EqualTo(Errno.None), $"round {round}");
        }
        Assert.That(kernel.End(), Is.Null);
    }

    [Test]
    public void There_are_never_more_threads_than_allowed_and_idle_ones_end()
    {
        using var gate = new ManualResetEventSlim();
        var options = new SessionOptions { MaxWrite = 64 * 1024, MinThreads = 2, MaxThreads = 4, MaxIdleThreads = 2 };
        using var kernel = new ScriptedKernel(new SlowFileSystem(gate), options);
        kernel.Initialise();
        for (var i = 0u; i < 8; i++) kernel.Send(new RequestBuilder(Opcode.FSync) { Unique = 100 + i }.Add(new FSyncIn()));
        Assert.That(() => kernel.Session.Threads, Is.EqualTo(4).After(5000, 10));
        gate.Set();
        for (var i = 0; i < 8; i++) kernel.Receive();
        for (var i = 0; i < 200 && kernel.Session.Threads > 3; i++)
        {
            Assert.That(kernel.Ask(new RequestBuilder(Opcode.Access).Add(new OneNumber())).Error, Is.EqualTo(Errno.None)); // who read meanwhile stands by
            Thread.Sleep(5);
        }
        Assert.That(() => kernel.Session.Threads, Is.LessThanOrEqualTo(3).After(5000, 10));
        Assert.That(kernel.End(), Is.Null);
    }

    [Test]
    public void Notifications_are_sent_in_order_with_the_bytes_of_the_kernels_structs()
    {
        using var kernel = new ScriptedKernel(new RecordingFileSystem(), Options());
        kernel.Initialise();
        var notifier = kernel.Session.Notifier;
        notifier.InvalidateInode(new NodeId(5), offset: -1);
        notifier.InvalidateEntry(new NodeId(1), "ab"u8);
        notifier.ExpireEntry(new NodeId(1), "ab"u8);
        notifier.Delete(new NodeId(1), new NodeId(9), "c"u8);
        notifier.IncrementEpoch();
        notifier.Prune([new NodeId(7), new NodeId(8)]);

        Assert.That(Hex(), Is.EqualTo("28000000" + "02000000" + "0000000000000000" + "0500000000000000" + "ffffffffffffffff" + "0000000000000000"));
        Assert.That(Hex(), Is.EqualTo("23000000" + "03000000" + "0000000000000000" + "0100000000000000" + "02000000" + "00000000" + "616200"));
        Assert.That(Hex(), Is.EqualTo("23000000" + "03000000" + "0000000000000000" + "0100000000000000" + "02000000" + "01000000" + "616200"));
        Assert.That(Hex(), Is.EqualTo("2a000000" + "06000000" + "0000000000000000" + "0100000000000000" + "0900000000000000" + "01000000" + "00000000" + "6300"));
        Assert.That(Hex(), Is.EqualTo("10000000" + "08000000" + "0000000000000000"));
        Assert.That(Hex(), Is.EqualTo("30000000" + "09000000" + "0000000000000000" + "02000000" + "00000000" + "0000000000000000" + "0700000000000000" + "0800000000000000"));
        Assert.That(notifier.Wait(TimeSpan.FromSeconds(5)));
        Assert.That(kernel.End(), Is.Null);

        string Hex() => Convert.ToHexString(kernel.ReceiveBytes()).ToLowerInvariant();
    }

    [Test]
    public void An_old_kernel_is_spared_the_notifications_it_does_not_know()
    {
        using var kernel = new ScriptedKernel(new RecordingFileSystem(), Options());
        kernel.Initialise(minor: 31, flags: 0x03fffffb, flags2: 0);
        var notifier = kernel.Session.Notifier;
        Assert.That((notifier.CanExpire, notifier.CanIncrementEpoch, notifier.CanPrune), Is.EqualTo((false, false, false)));
        notifier.IncrementEpoch();
        notifier.Prune([new NodeId(7)]);
        notifier.ExpireEntry(new NodeId(1), "a"u8);
        Assert.That(MemoryMarshal.Read<OutHeader>(kernel.ReceiveBytes()).Error, Is.EqualTo((int)NotifyCode.InvalidateEntry));
        Assert.That(kernel.End(), Is.Null);
    }

    [Test]
    public void Passthrough_that_was_not_granted_is_not_tried()
    {
        using var kernel = new ScriptedKernel(new RecordingFileSystem(), Options());
        kernel.Initialise();
        Assert.That(kernel.Session.OpenBacking(Fd.None, out _), Is.EqualTo(Errno.NOTSUP));
        Assert.That(kernel.End(), Is.Null);
    }

    [Test]
    public void A_descriptor_that_is_not_mounted_is_refused_in_words()
    {
        Assume.That(Syscall.Open("/dev/fuse", OpenFlags.ReadWrite, out var device), Is.EqualTo(Errno.None));
        using var session = Session.Attach(device, new RecordingFileSystem(), Options());
        Assert.That(session.Run, Throws.TypeOf<MountException>().With.Message.Contains("not mounted"));
    }

    // The others wait for it, in the file system or in the kernel: what is not served any more is lost.
    [Test]
    public void A_write_that_takes_long_holds_up_the_end_and_not_the_writes_after_it()
    {
        using var file = new SlowlyWrittenFileSystem();
        using var kernel = new ScriptedKernel(file, new SessionOptions { MaxWrite = 64 * 1024, MaxThreads = 8, Wanted = InitFlags.WritebackCache });
        kernel.Initialise();
        kernel.Send(new RequestBuilder(Opcode.Write) { Unique = 100 }.Add(new TransferIn { Size = 1 }).AddBytes("a"u8));
        Assert.That(file.IsWritten.Wait(10_000));
        kernel.Session.Stop();
        Assert.That(file.IsToWriteBack.Wait(10_000));
        Thread.Sleep(1500); // no write begins for longer than it takes to give up

        Assert.That(kernel.Ask(new RequestBuilder(Opcode.Write) { Unique = 200 }.Add(new TransferIn { Size = 1, Offset = 1 }).AddBytes("b"u8)).Unique, Is.EqualTo(200));
        file.MayEnd.Set();
        Assert.That(kernel.Receive().Unique, Is.EqualTo(100));
        Assert.That(kernel.End(), Is.Null);
    }

    [Test]
    public void A_session_that_is_stopped_tells_whether_a_request_has_not_ended()
    {
        using var file = new SlowlyWrittenFileSystem();
        using var kernel = new ScriptedKernel(file, Options());
        kernel.Initialise();
        kernel.Send(new RequestBuilder(Opcode.Write).Add(new TransferIn { Size = 1 }).AddBytes("a"u8));
        Assert.That(file.IsWritten.Wait(10_000));
        kernel.Session.Stop();
        Assert.That(kernel.End(), Is.Null);
        Assert.That(kernel.Session.HasEnded, Is.False);
        file.MayEnd.Set();
        Assert.That(() => kernel.Session.HasEnded, Is.True.After(10_000, 10));
    }

    // The write at the beginning of a file waits.
    private sealed class SlowlyWrittenFileSystem : FileSystem, IDisposable
    {
        public ManualResetEventSlim IsWritten { get; } = new();

        public ManualResetEventSlim IsToWriteBack { get; } = new();

        public ManualResetEventSlim MayEnd { get; } = new();

        public override Errno Write(in Request request, NodeId node, ulong handle, long offset, ReadOnlySpan<byte> data, WriteFlags flags, out int count)
        {
            count = data.Length;
            if (offset > 0) return Errno.None;
            IsWritten.Set();
            return MayEnd.Wait(20_000) ? Errno.None : Errno.IO;
        }

        public override void WriteBack() => IsToWriteBack.Set();

        public void Dispose()
        {
            IsWritten.Dispose();
            IsToWriteBack.Dispose();
            MayEnd.Dispose();
        }
    }

    private sealed class SlowFileSystem(ManualResetEventSlim gate) : FileSystem
    {
        public override Errno FSync(in Request request, NodeId node, ulong handle, bool dataOnly) => gate.Wait(10_000) ? Errno.None : Errno.IO;

        public override Errno RemoveXattr(in Request request, NodeId node, ReadOnlySpan<byte> name) => gate.Wait(10_000) ? Errno.None : Errno.IO;

        public override Errno Access(in Request request, NodeId node, uint mask) => Errno.None;
    }

    // Each RemoveXattr waits for an Access.
    private sealed class WaitingFileSystem : FileSystem, IDisposable
    {
        private readonly SemaphoreSlim _accesses = new(0);

        public override Errno RemoveXattr(in Request request, NodeId node, ReadOnlySpan<byte> name) => _accesses.Wait(10_000) ? Errno.None : Errno.IO;

        public override Errno Access(in Request request, NodeId node, uint mask)
        {
            _accesses.Release();
            return Errno.None;
        }

        public void Dispose() => _accesses.Dispose();
    }
}
