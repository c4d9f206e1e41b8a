using System.Runtime.InteropServices;
using NUnit.Framework;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

/// <summary>What -d prints of a request and its answer.</summary>
internal class RequestTextTests
{
    [TestCaseSource(nameof(Cases))]
    public void It_says_what_was_asked_of_which_node_by_whom_and_what_came_of_it(byte[] request, byte[] answer, string expected) =>
        Assert.That(RequestText.Of(request, answer, TimeSpan.FromMicroseconds(35)), Is.EqualTo(expected));

    private static IEnumerable<TestCaseData> Cases()
    {
        yield return Case(new RequestBuilder(Opcode.Lookup) { Uid = Request.UnmappedId }.AddName("motd"), Answer(5), "LOOKUP node 1 \"motd\" by process 77: node 5, 35 us");
        yield return Case(new RequestBuilder(Opcode.Lookup).AddName("none"), Answer(0), "LOOKUP node 1 \"none\" by process 77 of 1000:100: no such name, to be remembered, 35 us");
        yield return Case(new RequestBuilder(Opcode.Lookup).AddName("a\nb"), Answer(Errno.NOENT), "LOOKUP node 1 \"a\\x0ab\" by process 77 of 1000:100: ENOENT, 35 us");
        yield return Case(new RequestBuilder(Opcode.Rename2, 5).Add(new Rename2In()).AddName("a").AddName("b"), Answer(Errno.None), "RENAME2 node 5 \"a\" \"b\" by process 77 of 1000:100: ok, 35 us");
        yield return Case(new RequestBuilder(Opcode.Symlink).AddName("l").AddName("to/where"), Answer(Errno.EXIST), "SYMLINK node 1 \"l\" \"to/where\" by process 77 of 1000:100: EEXIST, 35 us");
        yield return Case(new RequestBuilder(Opcode.Mknod).Add(new MknodIn()).AddName("n"), Answer(9), "MKNOD node 1 \"n\" by process 77 of 1000:100: node 9, 35 us");
        yield return Case(new RequestBuilder(Opcode.Link, 3).Add(new NodeId(9)).AddName("n"), Answer(Errno.MLINK), "LINK node 3 \"n\" by process 77 of 1000:100: EMLINK, 35 us");
        yield return Case(new RequestBuilder(Opcode.GetXattr, 3).Add(0UL).AddName("user.a"), Answer(Errno.NODATA), "GETXATTR node 3 \"user.a\" by process 77 of 1000:100: ENODATA, 35 us");
        yield return Case(new RequestBuilder(Opcode.Write, 3).Add(new TransferIn { Offset = 4096, Size = 5 }), Answer(Errno.None, 8), "WRITE node 3 5 bytes at 4096 by process 77 of 1000:100: 8 bytes, 35 us");
        yield return Case(new RequestBuilder(Opcode.SetAttr, 3).Add(new SetAttrIn { Valid = SetAttributesMask.Mode | SetAttributesMask.Uid }), Answer(Errno.PERM), "SETATTR node 3 Mode, Uid by process 77 of 1000:100: EPERM, 35 us");
        yield return Case(new RequestBuilder(Opcode.Forget, 3).Add(1UL), [], "FORGET node 3 by process 77 of 1000:100: no answer, 35 us");
        yield return Case(new RequestBuilder(Opcode.Rename2, 5), Answer(Errno.IO), "RENAME2 node 5 by process 77 of 1000:100: EIO, 35 us"); // cut short
    }

    private static TestCaseData Case(RequestBuilder request, byte[] answer, string expected) => new TestCaseData(request.ToArray(), answer, expected).SetName(expected);

    private static byte[] Answer(ulong node)
    {
        var body = MemoryMarshal.AsBytes([new EntryOut { Node = new NodeId(node) }]).ToArray();
        return [.. Answer(Errno.None), .. body];
    }

    private static byte[] Answer(Errno error, int length = 0)
    {
        var header = new OutHeader { Length = (uint)(Exchange.AnswerHeaderSize + length), Error = -(int)error };
        return [.. MemoryMarshal.AsBytes([header]), .. new byte[length]];
    }
}
