using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

public sealed class DispatcherTests
{
    private RecordingFileSystem _fileSystem = null!;
    private DispatcherHarness _harness = null!;

    [SetUp]
    public void SetUp()
    {
        _fileSystem = new RecordingFileSystem();
        _harness = new DispatcherHarness(_fileSystem);
    }

    [TearDown]
    public void TearDown() => _harness.Dispose();

    private static RequestBuilder Request(Opcode opcode, ulong node = 3) => new(opcode, node);

    private static IEnumerable<TestCaseData> Decoded()
    {
        yield return Case(Request(Opcode.Lookup).AddName("a"), "Lookup 3 a uid=1000 gid=100 pid=77");
        yield return Case(Request(Opcode.GetAttr).Add(new GetAttrIn()), "GetAttributes 3 ");
        yield return Case(Request(Opcode.GetAttr).Add(new GetAttrIn { Flags = 1, Handle = 8 }), "GetAttributes 3 8");
        yield return Case(Request(Opcode.Statx).Add(new StatxIn { Mask = 0xfff }), "Statx 3  fff");
        yield return Case(
            Request(Opcode.SetAttr).Add(new SetAttrIn { Valid = SetAttributesMask.AccessTimeNow | SetAttributesMask.Size, Handle = 1, Size = 2, Mode = 0x1ff, Uid = 4, Gid = 5, ModifySeconds = 6, ModifyNanoseconds = 7 }),
            $"SetAttributes 3 Size, AccessTimeNow fh=1 size=2 mode=1ff 4:5 a={Timestamp.Now} m={new Timestamp(6, 7)}");
        yield return Case(Request(Opcode.ReadLink), "ReadLink 3 4095");
        yield return Case(Request(Opcode.Symlink).AddName("n").AddName("../t"), "Symlink 3 n -> ../t");
        yield return Case(Request(Opcode.Mknod).Add(new MknodIn { Mode = 0x21ff, Device = 0x103, Umask = 0x12 }).AddName("n"), "Mknod 3 n 21ff 12 103 group=4294967295");
        yield return Case(Request(Opcode.Mkdir).Add(new MkdirIn { Mode = 0x1ed, Umask = 0x12 }).AddName("n").AddGroupExtension(50), "Mkdir 3 n 1ed 12 group=50");
        yield return Case(Request(Opcode.Unlink).AddName("n"), "Unlink 3 n");
        yield return Case(Request(Opcode.Rmdir).AddName("n"), "Rmdir 3 n");
        yield return Case(Request(Opcode.Rename).Add(4ul).AddName("a").AddName("b"), "Rename 3 a 4 b None");
        yield return Case(Request(Opcode.Rename2).Add(new Rename2In { NewParent = new NodeId(4), Flags = 2 }).AddName("a").AddName("b"), "Rename 3 a 4 b Exchange");
        yield return Case(Request(Opcode.Link).Add(9ul).AddName("b"), "Link 9 3 b");
        yield return Case(Request(Opcode.Open).Add(new OpenIn { Flags = 0x401, OpenFlags = 1 }), "Open 3 WriteOnly, Append kill=True");
        yield return Case(Request(Opcode.Create).Add(new CreateIn { Flags = 2, Mode = 0x1a4, Umask = 0x12 }).AddName("n").AddGroupExtension(7), "Create 3 n 1a4 12 ReadWrite group=7");
        yield return Case(Request(Opcode.TmpFile).Add(new CreateIn { Flags = 2, Mode = 0x1a4, Umask = 0x12 }).AddName("/"), "TmpFile 3 1a4 12 ReadWrite");
        yield return Case(Request(Opcode.Read).Add(new TransferIn { Handle = 5, Offset = 6, Size = 100 }), "Read 3 5 6 100");
        yield return Case(Request(Opcode.Write).Add(new TransferIn { Handle = 5, Offset = 6, Size = 2, TransferFlags = 4 }).AddBytes("xy"u8), "Write 3 5 6 xy kill=True");
        yield return Case(Request(Opcode.StatFs), "StatFs 3");
        yield return Case(Request(Opcode.Release).Add(new ReleaseIn { Handle = 5 }), "Release 3 5");
        yield return Case(Request(Opcode.Flush).Add(new FlushIn { Handle = 5 }), "Flush 3 5");
        yield return Case(Request(Opcode.FSync).Add(new FSyncIn { Handle = 5, Flags = 1 }), "FSync 3 5 True");
        yield return Case(Request(Opcode.GetXattr).Add(new OneNumber { Value = 10 }).AddName("user.a"), "GetXattr 3 user.a 10");
        yield return Case(Request(Opcode.ListXattr).Add(new OneNumber { Value = 10 }), "ListXattr 3 10");
        yield return Case(Request(Opcode.RemoveXattr).AddName("user.a"), "RemoveXattr 3 user.a");
        yield return Case(
            Request(Opcode.SetXattr).Add(new SetXattrIn { Size = 2, Flags = XattrFlags.Create }).Add(new SetXattrInRest { Flags = 1 }).AddName("user.a").AddBytes("vw"u8),
            "SetXattr 3 user.a=vw Create kill=True");
        yield return Case(Request(Opcode.OpenDir).Add(new OpenIn { Flags = 0x10000 }), "OpenDirectory 3 Directory");
        yield return Case(Request(Opcode.ReadDir).Add(new TransferIn { Handle = 5, Size = 4096 }), "ReadDirectory 3 5");
        yield return Case(Request(Opcode.ReadDirPlus).Add(new TransferIn { Handle = 5, Size = 4096 }), "ReadDirectoryPlus 3 5");
        yield return Case(Request(Opcode.ReleaseDir).Add(new ReleaseIn { Handle = 5 }), "ReleaseDirectory 3 5");
        yield return Case(Request(Opcode.FSyncDir).Add(new FSyncIn { Handle = 5 }), "FSyncDirectory 3 5 False");
        yield return Case(Request(Opcode.Access).Add(new OneNumber { Value = 4 }), "Access 3 4");
        yield return Case(Request(Opcode.Fallocate).Add(new FallocateIn { Handle = 5, Offset = 1, Size = 2, Mode = 3 }), "Fallocate 3 5 3 1 2");
        yield return Case(Request(Opcode.LSeek).Add(new LSeekIn { Handle = 5, Offset = 1, Whence = 4 }), "LSeek 3 5 1 4");
        yield return Case(Request(Opcode.Poll).Add(new PollIn { Handle = 5, Events = 1 }), "Poll 3 5");
        yield return Case(Request(Opcode.BlockMap).Add(new BlockMapIn { Block = 5, BlockSize = 512 }), "BlockMap 3 5 512");
        yield return Case(Request(Opcode.GetLock).Add(new LockIn { Handle = 5, Owner = 6, Range = new LockRange { Start = 1, End = 2 } }), "GetLock 3 5 6 1-2 flock=False");
        yield return Case(Request(Opcode.SetLock).Add(new LockIn { Handle = 5, Flags = 1, Range = new LockRange { Type = 1 } }), "SetLock 3 5 1 flock=True wait=False");
        yield return Case(Request(Opcode.SetLockWait).Add(new LockIn { Handle = 5, Range = new LockRange { Type = 1 } }), "SetLock 3 5 1 flock=False wait=True");
        yield return Case(Request(Opcode.Ioctl).Add(new IoctlIn { Handle = 5, Command = 0xab, Flags = IoctlFlags.Directory, InputSize = 2, OutputSize = 4 }).AddBytes("xy"u8), "Ioctl 3 5 ab Directory in=2 out=4");
        yield return Case(
            Request(Opcode.CopyFileRange).Add(new CopyFileRangeIn { FromHandle = 1, FromOffset = 2, To = new NodeId(4), ToHandle = 5, ToOffset = 6, Size = ulong.MaxValue }),
            $"CopyFileRange 3 1 2 4 5 6 {0xfffff000u}");
        yield return Case(
            Request(Opcode.CopyFileRange64).Add(new CopyFileRangeIn { FromHandle = 1, FromOffset = 2, To = new NodeId(4), ToHandle = 5, ToOffset = 6, Size = 1ul << 40 }),
            $"CopyFileRange 3 1 2 4 5 6 {1ul << 40}");

        static TestCaseData Case(RequestBuilder request, string call) => new TestCaseData(request, call).SetArgDisplayNames(call);
    }

    [TestCaseSource(nameof(Decoded))]
    public void A_request_reaches_its_method_with_its_arguments(object request, string call)
    {
        var answer = _harness.Send((RequestBuilder)request);
        Assert.That(_fileSystem.Last, Is.EqualTo(call));
        Assert.That(answer.Error, Is.EqualTo(Errno.None));
        Assert.That(answer.Unique, Is.EqualTo(2));

        _fileSystem.Result = Errno.NOTEMPTY;
        Assert.That(_harness.Send((RequestBuilder)request).Error, Is.EqualTo(Errno.NOTEMPTY));
    }

    [Test]
    public void A_lookup_is_answered_with_the_bytes_of_the_kernels_struct()
    {
        var answer = _harness.Send(Request(Opcode.Lookup).AddName("a"));
        Assert.That(Convert.ToHexString(answer.Body).ToLowerInvariant(), Is.EqualTo(
            "2a00000000000000" + "0300000000000000" + "0100000000000000" + "0000004000000000" + "0065cd1d" + "00000000"
            + "2a00000000000000" + "0700000000000000" + "0000000000000000" // ino, size, blocks
            + new string('0', 48) + new string('0', 24) // times
            + "a4810000" + "01000000" + "05000000" + "06000000" + "00000000" + "00100000" + "00000000"));
    }

    [Test]
    public void An_opened_file_is_answered_with_handle_flags_and_backing()
    {
        var open = _harness.Send(Request(Opcode.Open).Add(new OpenIn())).As<OpenOut>();
        Assert.That((open.Handle, open.Flags, open.BackingId), Is.EqualTo((11ul, OpenReplyFlags.Passthrough, 12)));
    }

    [Test]
    public void A_read_is_answered_with_as_many_bytes_as_were_read()
    {
        _fileSystem.Claim = 3;
        var answer = _harness.Send(Request(Opcode.Read).Add(new TransferIn { Size = 100 }));
        Assert.That(answer.Body, Is.EqualTo("rrr"u8.ToArray()));
    }

    [Test]
    public void A_file_system_that_claims_more_than_it_was_given_room_for_is_not_believed()
    {
        _fileSystem.Claim = 101;
        Assert.That(_harness.Send(Request(Opcode.Read).Add(new TransferIn { Size = 100 })).Error, Is.EqualTo(Errno.IO));
        Assert.That(_harness.Send(Request(Opcode.Ioctl).Add(new IoctlIn { OutputSize = 100 })).Error, Is.EqualTo(Errno.IO));
        Assert.That(_harness.Send(Request(Opcode.GetXattr).Add(new OneNumber { Value = 100 }).AddName("a")).Error, Is.EqualTo(Errno.RANGE));
    }

    [Test]
    public void Asking_for_the_size_of_an_attribute_is_answered_with_a_number()
    {
        Assert.That(_harness.Send(Request(Opcode.GetXattr).Add(new OneNumber()).AddName("a")).As<OneNumber>().Value, Is.EqualTo(3));
        Assert.That(_harness.Send(Request(Opcode.ListXattr).Add(new OneNumber())).As<OneNumber>().Value, Is.EqualTo(4));
    }

    [Test]
    public void Without_setxattr_ext_the_request_is_shorter()
    {
        using var old = new DispatcherHarness(_fileSystem, longSetXattr: false);
        old.Send(Request(Opcode.SetXattr).Add(new SetXattrIn { Size = 1 }).AddName("user.a").AddBytes("v"u8));
        Assert.That(_fileSystem.Last, Is.EqualTo("SetXattr 3 user.a=v None kill=False"));
    }

    [Test]
    public void An_ioctl_is_answered_with_its_head_and_then_its_bytes()
    {
        var answer = _harness.Send(Request(Opcode.Ioctl).Add(new IoctlIn { OutputSize = 4 }));
        Assert.That(answer.Body, Is.EqualTo((byte[])[.. new byte[16], .. "iiii"u8]));
    }

    [Test]
    public void Both_forms_of_copy_file_range_are_answered_in_their_own_way()
    {
        var copy = new CopyFileRangeIn { Size = 5 };
        Assert.That(_harness.Send(Request(Opcode.CopyFileRange).Add(copy)).As<OneNumber>().Value, Is.EqualTo(5));
        Assert.That(_harness.Send(Request(Opcode.CopyFileRange64).Add(copy)).As<ulong>(), Is.EqualTo(5));
    }

    [Test]
    public void A_listing_is_filled_to_the_size_asked_for()
    {
        Assert.That(_harness.Send(Request(Opcode.ReadDir).Add(new TransferIn { Size = 100 })).Body, Has.Length.EqualTo(96));
        Assert.That(_harness.Send(Request(Opcode.ReadDirPlus).Add(new TransferIn { Size = 500 })).Body, Has.Length.EqualTo(480));
    }

    [Test]
    public void Forgets_have_no_answer()
    {
        Assert.That(_harness.Send(Request(Opcode.Forget).Add(5ul)).IsSilent);
        var batch = Request(Opcode.BatchForget).Add(new BatchForgetIn { Count = 2 })
            .Add(new ForgetOne { Node = new NodeId(6), Count = 1 }).Add(new ForgetOne { Node = new NodeId(7), Count = 2 });
        Assert.That(_harness.Send(batch).IsSilent);
        Assert.That(_fileSystem.Calls, Is.EqualTo(["Forget 3 5", "Forget 6 1", "Forget 7 2"]));
    }

    [Test]
    public void A_batch_that_promises_more_than_it_holds_is_read_to_its_end()
    {
        _harness.Send(Request(Opcode.BatchForget).Add(new BatchForgetIn { Count = uint.MaxValue }).Add(new ForgetOne { Node = new NodeId(6), Count = 1 }));
        Assert.That(_fileSystem.Calls, Is.EqualTo(["Forget 6 1"]));
    }

    [Test]
    public void An_interrupt_is_ignored() => Assert.That(_harness.Send(Request(Opcode.Interrupt).Add(4ul)).IsSilent);

    [TestCase(Opcode.SyncFs)]
    [TestCase((Opcode)48)]
    [TestCase((Opcode)4096)]
    [TestCase((Opcode)uint.MaxValue)]
    public void What_nobody_serves_is_not_implemented(Opcode opcode) => Assert.That(_harness.Send(Request(opcode)).Error, Is.EqualTo(Errno.NOSYS));

    [Test]
    public void A_file_system_that_overrides_nothing_implements_nothing()
    {
        using var harness = new DispatcherHarness(new EmptyFileSystem());
        Assert.That(harness.Send(Request(Opcode.Statx).Add(new StatxIn())).Error, Is.EqualTo(Errno.NOSYS));
        Assert.That(harness.Send(Request(Opcode.Open).Add(new OpenIn())).Error, Is.EqualTo(Errno.NOSYS));
    }

    [Test]
    public void Destroy_tells_the_file_system_once()
    {
        Assert.That(_harness.Send(Request(Opcode.Destroy)).Error, Is.EqualTo(Errno.None));
        _harness.Dispatcher.Stop();
        Assert.That(_fileSystem.Calls, Is.EqualTo(["Stopped"]));
    }

    [Test]
    public void An_exception_becomes_an_io_error_and_is_logged_once()
    {
        using var harness = new DispatcherHarness(new ThrowingFileSystem());
        Assert.That(harness.Send(Request(Opcode.Unlink).AddName("a")).Error, Is.EqualTo(Errno.IO));
        Assert.That(harness.Send(Request(Opcode.Unlink).AddName("a")).Error, Is.EqualTo(Errno.IO));
        Assert.That(harness.Log, Has.Count.EqualTo(1));
        Assert.That(harness.Log[0], Does.Contain("Unlink").And.Contain("on purpose"));
    }

    [Test]
    public void An_error_number_the_kernel_does_not_know_becomes_an_io_error()
    {
        _fileSystem.Result = (Errno)512;
        Assert.That(_harness.Send(Request(Opcode.Unlink).AddName("a")).Error, Is.EqualTo(Errno.IO));
        _fileSystem.Result = (Errno)(-5);
        Assert.That(_harness.Send(Request(Opcode.Unlink).AddName("a")).Error, Is.EqualTo(Errno.IO));
    }

    [Test]
    public void An_answer_the_kernel_did_not_take_is_undone()
    {
        _harness.SendUndelivered(Request(Opcode.Lookup).AddName("a"));
        Assert.That(_fileSystem.Last, Is.EqualTo("Forget 42 1"));
        _harness.SendUndelivered(Request(Opcode.Create).Add(new CreateIn()).AddName("a"));
        Assert.That(_fileSystem.Calls[^2..], Is.EqualTo(["Release 42 11", "Forget 42 1"]));
        _harness.SendUndelivered(Request(Opcode.Open).Add(new OpenIn()));
        Assert.That(_fileSystem.Last, Is.EqualTo("Release 3 11"));
        _harness.SendUndelivered(Request(Opcode.OpenDir).Add(new OpenIn()));
        Assert.That(_fileSystem.Last, Is.EqualTo("ReleaseDirectory 3 13"));

        _fileSystem.Result = Errno.NOENT;
        _harness.SendUndelivered(Request(Opcode.Lookup).AddName("a"));
        Assert.That(_fileSystem.Last, Does.StartWith("Lookup"));
    }

    [Test]
    public void Requests_are_counted_by_kind()
    {
        _harness.Send(Request(Opcode.Lookup).AddName("a"));
        _harness.Send(Request(Opcode.Lookup).AddName("b"));
        _harness.Send(Request(Opcode.Forget).Add(1ul));
        _harness.Send(Request((Opcode)999));
        Assert.That(_harness.Counters[Opcode.Lookup], Is.EqualTo(2));
        Assert.That(_harness.Counters.Total, Is.EqualTo(4));
        Assert.That(_harness.Counters.Answered, Is.EqualTo(3));
    }

    [Test]
    public void A_request_resent_after_a_takeover_is_answered_under_its_marked_number()
    {
        var unique = (1ul << 63) | 8;
        var request = new RequestBuilder(Opcode.StatFs) { Unique = unique };
        Assert.That(_harness.Send(request).Unique, Is.EqualTo(unique));
    }

    [Test]
    public void An_unmapped_caller_is_told_as_such()
    {
        var group = default(uint?);
        using var harness = new DispatcherHarness(new CallerFileSystem(request => group = request.Uid));
        harness.Send(new RequestBuilder(Opcode.StatFs) { Uid = uint.MaxValue });
        Assert.That(group, Is.EqualTo(OverlayFuse.Fuse.Request.UnmappedId));
    }

    private sealed class EmptyFileSystem : FileSystem;

    private sealed class ThrowingFileSystem : FileSystem
    {
        public override Errno Unlink(in Request request, NodeId parent, ReadOnlySpan<byte> name) => throw new InvalidOperationException("on purpose");
    }

    private sealed class CallerFileSystem(Action<Request> seen) : FileSystem
    {
        public override Errno StatFs(in Request request, NodeId node, out FileSystemStatus status)
        {
            seen(request);
            status = default;
            return Errno.None;
        }
    }
}
