using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Union;

namespace OverlayFuse.Cli.Tests;

/// <summary>How a union is doing, as people and programs read it.</summary>
public sealed class StatusWordsTests
{
    private static readonly UnionStatus Example = new()
    {
        Upper = "/here/upper"u8.ToArray(),
        Lowers = 1,
        HoldsWrites = true,
        PartialFrom = 1 << 20,
        KnownNodes = 2,
        Threads = 3,
        Requests = 7,
        RequestsByKind = "Lookup 4, Write 3",
        UnsettledFiles = 1,
        Written = new WriteTally(Asked: 3, Copied: 0, Filled: 4093, Maps: 4104, WholeFiles: 0, PartialFiles: 1, MetadataOnly: 0),
    };

    [Test]
    public void A_status_is_a_line_a_matter() => Assert.That(StatusVerb.ForPeople(Example), Is.EqualTo(
        """
        layers         1 lower layer beneath /here/upper
        data           cached, and the kernel holds back what is written
        fsync          ordered
        partial        files from 1.05MB on, settled when nobody writes to them
        known          2 objects of the kernel's, 3 threads
        requests       7: Lookup 4, Write 3
        copied up      0 whole files, 1 block by block, 1 of the upper not settled yet, 0 without a byte
        written        3B by users; 0B copied up, 4.09kB to fill blocks, 4.1kB in maps
        amplification  2733.33 bytes for each that was written

        """));

    [Test]
    public void Without_an_upper_there_is_less_to_say() => Assert.That(StatusVerb.ForPeople(new UnionStatus { Lowers = 2 }), Is.EqualTo(
        """
        layers         2 lower layers, read only
        data           cached, and what is written comes at once
        known          0 objects of the kernel's, 0 threads
        requests       0

        """));

    [Test]
    public void Rings_are_told_where_there_are_some()
    {
        var status = new UnionStatus { Lowers = 2, Transport = Transport.Ring };
        Assert.That(StatusVerb.ForPeople(status), Does.Contain("\ntransport      io_uring: a ring for each processor\n"));
        Assert.That(Encoding.UTF8.GetString(Json.Of(status)), Does.Contain("\"transport\": \"ring\""));
    }

    [Test]
    public void What_the_kernel_writes_by_itself_is_not_reckoned_with()
    {
        var status = Example with { Data = DataMode.Passthrough };
        Assert.That(StatusVerb.ForPeople(status), Does.Contain("\namplification  not known: not all that is written is counted\n"));
        Assert.That(Encoding.UTF8.GetString(Json.Of(status)), Does.Not.Contain("writeAmplification"));
    }

    [Test]
    public void A_log_gets_all_of_it_in_a_line() => Assert.That(StatusVerb.Line(new UnionStatus { Lowers = 2 }), Is.EqualTo(
        "layers: 2 lower layers, read only; data: cached, and what is written comes at once; known: 0 objects of the kernel's, 0 threads; requests: 0"));

    [Test]
    public void Programs_get_numbers()
    {
        var json = Encoding.UTF8.GetString(Json.Of(Example));
        foreach (var line in (string[])["\"upper\": \"/here/upper\"", "\"bytesAsked\": 3", "\"bytesFilled\": 4093", "\"partialFrom\": 1048576", "\"settle\": \"idle\"", "\"writeAmplification\": 2733.3"])
            Assert.That(json, Does.Contain(line));
    }
}
