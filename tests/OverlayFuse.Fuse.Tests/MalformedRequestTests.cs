using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

public sealed class MalformedRequestTests
{
    private static readonly Opcode[] WithBody =
    [
        Opcode.Lookup, Opcode.GetAttr, Opcode.SetAttr, Opcode.Symlink, Opcode.Mknod, Opcode.Mkdir, Opcode.Unlink, Opcode.Rmdir, Opcode.Rename,
        Opcode.Link, Opcode.Open, Opcode.Read, Opcode.Write, Opcode.Release, Opcode.FSync, Opcode.SetXattr, Opcode.GetXattr, Opcode.ListXattr,
        Opcode.RemoveXattr, Opcode.Flush, Opcode.OpenDir, Opcode.ReadDir, Opcode.ReleaseDir, Opcode.FSyncDir, Opcode.GetLock, Opcode.SetLock,
        Opcode.SetLockWait, Opcode.Access, Opcode.Create, Opcode.BlockMap, Opcode.Ioctl, Opcode.Poll, Opcode.Fallocate, Opcode.ReadDirPlus,
        Opcode.Rename2, Opcode.LSeek, Opcode.CopyFileRange, Opcode.CopyFileRange64, Opcode.TmpFile, Opcode.Statx,
    ];

    private readonly DispatcherHarness _harness = new(new RecordingFileSystem());

    [OneTimeTearDown]
    public void TearDown() => _harness.Dispose();

    [TestCaseSource(nameof(WithBody))]
    public void A_request_without_its_body_is_invalid(Opcode opcode) =>
        Assert.That(_harness.Send(new RequestBuilder(opcode)).Error, Is.EqualTo(Errno.INVAL));

    [TestCaseSource(nameof(WithBody))]
    public void A_request_with_a_cut_off_body_is_invalid(Opcode opcode) =>
        Assert.That(_harness.Send(new RequestBuilder(opcode).AddBytes([1, 1, 1])).Error, Is.EqualTo(Errno.INVAL));

    [Test]
    public void A_name_without_an_end_or_without_a_letter_is_invalid()
    {
        Assert.That(_harness.Send(new RequestBuilder(Opcode.Lookup).AddBytes("abc"u8)).Error, Is.EqualTo(Errno.INVAL));
        Assert.That(_harness.Send(new RequestBuilder(Opcode.Lookup).AddName("")).Error, Is.EqualTo(Errno.INVAL));
        Assert.That(_harness.Send(new RequestBuilder(Opcode.Rename).Add(1ul).AddName("only one")).Error, Is.EqualTo(Errno.INVAL));
    }

    [Test]
    public void A_write_that_promises_more_data_than_it_brings_is_invalid() =>
        Assert.That(_harness.Send(new RequestBuilder(Opcode.Write).Add(new TransferIn { Size = 3 }).AddBytes("xy"u8)).Error, Is.EqualTo(Errno.INVAL));

    [Test]
    public void A_request_that_lies_about_its_length_gets_an_io_error()
    {
        var request = new RequestBuilder(Opcode.Lookup).AddName("a").ToArray();
        MemoryMarshal.Write(request, (uint)request.Length + 1);
        Assert.That(_harness.Send(request).Error, Is.EqualTo(Errno.IO));
    }

    [Test]
    public void Extensions_longer_than_the_request_get_an_io_error()
    {
        var request = new RequestBuilder(Opcode.Lookup).AddName("a").ToArray();
        request[36] = 200;
        Assert.That(_harness.Send(request).Error, Is.EqualTo(Errno.IO));
    }

    [TestCase(0)]
    [TestCase(39)]
    public void Less_than_a_header_has_no_answer(int length) => Assert.That(_harness.Send(new byte[length]).IsSilent);

    [Test]
    public void Random_bodies_never_crash_and_always_get_a_sound_answer()
    {
        var requests = from opcode in Gen.Choose(0, 60)
                       from body in Gen.ArrayOf(Gen.Choose(0, 255))
                       from extension in Gen.Frequency((3, Gen.Constant(0)), (1, Gen.Choose(0, 40)))
                       select WithHeader((Opcode)opcode, body, (ushort)extension);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(5000).WithEndSize(300), Prop.ForAll(requests.ToArbitrary(), IsSound));
    }

    [Test]
    public void Random_bytes_never_crash_and_always_get_a_sound_answer()
    {
        var requests = from bytes in Gen.ArrayOf(Gen.Choose(0, 255)) select Array.ConvertAll(bytes, b => (byte)b);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(300), Prop.ForAll(requests.ToArbitrary(), IsSound));
    }

    private bool IsSound(byte[] request)
    {
        _harness.Send(request); // the answer's own constructor asserts its form
        return _harness.Log.Count == 0; // and no exception was thrown on the way
    }

    private static byte[] WithHeader(Opcode opcode, int[] body, ushort extension)
    {
        var header = new InHeader { Length = (uint)(Exchange.HeaderSize + body.Length), Opcode = opcode, Unique = 9, Node = NodeId.Root, ExtensionLength = extension };
        return [.. MemoryMarshal.AsBytes([header]), .. Array.ConvertAll(body, b => (byte)b)];
    }
}
