using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli.Tests;

public sealed class MountJobTextTests
{
    [Test]
    public void Everything_that_was_asked_reaches_the_daemon()
    {
        var job = Job();
        var read = MountJobText.Read(MountJobText.Write(job))!;
        Assert.That(read.Source, Is.EqualTo(job.Source));
        Assert.That(read.Subtype, Is.EqualTo("fuse-overlayfs").And.EqualTo(job.Subtype));
        Assert.That(read.Flags, Is.EqualTo(job.Flags));
        Assert.That(read.AllowOther, Is.EqualTo(job.AllowOther));
        Assert.That(read.LogFile, Is.EqualTo(job.LogFile));
        Assert.That(read.Labels, Is.EqualTo(job.Labels).And.Not.Empty);

        // By reflection, so that an option added later cannot be forgotten on the way.
        var plain = new UnionOptions { MountPoint = [] };
        foreach (var property in typeof(UnionOptions).GetProperties())
        {
            Assert.That(property.GetValue(job.Union), Is.Not.EqualTo(property.GetValue(plain)), $"this test does not set {property.Name}");
            Assert.That(property.GetValue(read.Union), Is.EqualTo(property.GetValue(job.Union)), property.Name);
        }
    }

    [Test]
    public void People_get_a_line_for_each_field() =>
        Assert.That(MountJobText.ForPeople(Job()).Split('\n'), Is.SupersetOf((string[])["  mountpoint=/m=n", "  lower=/\\xff\\x0a", "  durability=2", "  flags=16777220"]));

    [Test]
    public void What_was_not_said_stays_unsaid()
    {
        var job = new MountJob { Union = new UnionOptions { MountPoint = B("/m") }, Source = B("s"), Flags = MountFlags.None, AllowOther = false };
        var read = MountJobText.Read(MountJobText.Write(job))!;
        Assert.That(read.Union.UpperDirectory, Is.Null);
        Assert.That(read.Union.Data, Is.EqualTo(DataMode.Cached));
        Assert.That(read.Union.WriteBack, Is.True);
        Assert.That(read.LogFile, Is.Null);
    }

    [Test]
    public void A_job_that_was_cut_short_is_none()
    {
        var text = MountJobText.Write(Job());
        for (var length = 0; length < text.Length; length++) Assert.That(MountJobText.Read(text.AsSpan(0, length)), Is.Null, $"{length} of {text.Length} bytes");
    }

    private static MountJob Job() => new()
    {
        Union = new UnionOptions
        {
            MountPoint = B("/m=n"),
            LowerDirectories = { B("/a:b,c"), new byte[] { (byte)'/', 0xff, (byte)'\n' } },
            DataDirectories = { B("/d") },
            UidMapping = { new IdRange(0, 1, 2), new IdRange(3, 4, 5) },
            GidMapping = { new IdRange(0, 4294967294, 1) },
            SquashToUid = 0,
            SquashToGid = 7,
            UpperDirectory = B("/u"),
            WorkDirectory = B("/w"),
            Data = DataMode.Passthrough,
            WriteBack = false,
            Transport = Transport.Ring,
            Durability = Durability.Volatile,
            WholeUpTo = 65536,
            Settle = SettlePolicy.Never,
            Immutable = true,
            ReadOnly = true,
            Acl = false,
            KeepOwnersIn = OverrideForm.Containers,
            StaticLinkCount = true,
            NarrowInodes = true,
            EntryTimeout = TimeSpan.FromSeconds(0.5),
            AttributesTimeout = TimeSpan.Zero,
            NegativeTimeout = TimeSpan.FromSeconds(86400),
        },
        Subtype = "fuse-overlayfs",
        Source = B("none"),
        Flags = MountFlags.NoDev | MountFlags.StrictAtime,
        AllowOther = true,
        LogFile = B("/log"),
        Labels = B("context=\"s0:c1,c2\""),
    };

    private static byte[] B(string text) => Encoding.UTF8.GetBytes(text);
}
