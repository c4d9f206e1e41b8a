using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class OverrideStatTests
{
    private static readonly (string Text, OverrideStat Stat)[] Golden =
    [
        ("0:0:0755:dir", new OverrideStat(0, 0, 0x1ED, FileType.Directory)),
        ("1000:100:4711:file", new OverrideStat(1000, 100, 0x9C9, FileType.Regular)),
        ("4294967294:4294967294:0000:file", new OverrideStat(4294967294, 4294967294, 0, FileType.Regular)),
        ("0:0:0777:symlink", new OverrideStat(0, 0, 0x1FF, FileType.Symlink)),
        ("33:33:0644:pipe", new OverrideStat(33, 33, 0x1A4, FileType.Fifo)),
        ("0:5:0666:socket", new OverrideStat(0, 5, 0x1B6, FileType.Socket)),
        ("0:6:0660:block-8-0", new OverrideStat(0, 6, 0x1B0, FileType.BlockDevice, 8, 0)),
        ("0:0:0666:char-4095-1048575", new OverrideStat(0, 0, 0x1B6, FileType.CharDevice, 4095, 1048575)),
    ];

    [TestCaseSource(nameof(Golden))]
    public void A_mark_is_written_as_containers_storage_writes_it_and_read_back((string Text, OverrideStat Stat) golden)
    {
        Assert.That(golden.Stat.ToText(), Is.EqualTo(golden.Text));
        Assert.That(Read(golden.Text), Is.EqualTo(golden.Stat));
    }

    [Test]
    public void The_longest_mark_fits() => Assert.That(
        new OverrideStat(uint.MaxValue, uint.MaxValue, 0xFFF, FileType.BlockDevice, uint.MaxValue, uint.MaxValue).ToText(),
        Is.EqualTo("4294967295:4294967295:7777:block-4294967295-4294967295").And.Length.LessThanOrEqualTo(OverrideStat.MaxLength));

    [TestCase("1001:1001:40755", FileType.Directory, 0x1EDu, Description = "fuse-overlayfs 1.10: st_mode, no type")]
    [TestCase("0:0:104711", FileType.Regular, 0x9C9u)]
    [TestCase("0:0:755", FileType.None, 0x1EDu)]
    [TestCase("0:0:0755", FileType.None, 0x1EDu)]
    [TestCase("0:0:0120777", FileType.Symlink, 0x1FFu)]
    [TestCase("0:0:0755:file:later", FileType.Regular, 0x1EDu, Description = "what comes behind is for later versions")]
    [TestCase("0:0:0104711:symlink", FileType.Symlink, 0x9C9u, Description = "the word counts more than the mode")]
    public void Other_writers_are_understood(string text, FileType type, uint mode) => Assert.That(Read(text), Is.EqualTo(new OverrideStat(Read(text)!.Value.Uid, Read(text)!.Value.Gid, mode, type)));

    [TestCase("0:0:0600:block8:1")]
    [TestCase("0:0:0600:block:8:1")]
    [TestCase("0:0:0600:block-8-1")]
    [TestCase("0:0:0600:block-8-1-later")]
    public void The_numbers_of_a_device_may_stand_between_colons(string text) => Assert.That(Read(text), Is.EqualTo(new OverrideStat(0, 0, 0x180, FileType.BlockDevice, 8, 1)));

    [TestCase("")]
    [TestCase("0")]
    [TestCase("0:0")]
    [TestCase("0:0:")]
    [TestCase(":0:0644")]
    [TestCase("0::0644")]
    [TestCase("-1:0:0644")]
    [TestCase("+1:0:0644")]
    [TestCase(" 1:0:0644")]
    [TestCase("0:0:0648")]
    [TestCase("0:0:0x1ff")]
    [TestCase("4294967296:0:0644")]
    [TestCase("0:4294967296:0644")]
    [TestCase("0:0:200644")]
    [TestCase("0:0:030644", Description = "a type that there is not")]
    [TestCase("0:0:0644:door")]
    [TestCase("0:0:0644:block")]
    [TestCase("0:0:0644:block-8")]
    [TestCase("0:0:0644:char-x-1")]
    [TestCase("0:0:0644:char-1-")]
    [TestCase("0:0:0644:char-4294967296-1")]
    public void What_cannot_be_understood_is_nothing(string text) => Assert.That(Read(text), Is.Null);

    [TestCase(FileType.Regular, FileType.None, FileType.Regular)]
    [TestCase(FileType.Regular, FileType.Regular, FileType.Regular)]
    [TestCase(FileType.Regular, FileType.Symlink, FileType.Symlink)]
    [TestCase(FileType.Regular, FileType.CharDevice, FileType.CharDevice)]
    [TestCase(FileType.Regular, FileType.Directory, null)]
    [TestCase(FileType.Directory, FileType.None, FileType.Directory)]
    [TestCase(FileType.Directory, FileType.Directory, FileType.Directory)]
    [TestCase(FileType.Directory, FileType.Regular, FileType.Directory)]
    [TestCase(FileType.Symlink, FileType.Fifo, FileType.Symlink)]
    [TestCase(FileType.CharDevice, FileType.Regular, FileType.CharDevice)]
    public void Only_a_file_stands_for_another_object(FileType stored, FileType said, FileType? shown)
    {
        var status = new FileStatus { Mode = (uint)stored | 0x1ED, Size = 5, Blocks = 8, RdevMajor = 7 };
        var fits = new OverrideStat(3, 4, 0x180, said, 1, 2).TryApply(ref status);
        Assert.That(fits, Is.EqualTo(shown is not null));
        if (!fits) return;
        Assert.That((status.Type, status.Uid, status.Gid, status.Mode & Mode.Permissions), Is.EqualTo((shown!.Value, 3u, 4u, 0x180u)));
        Assert.That(status.RdevMajor, Is.EqualTo(stored == FileType.Regular && shown == FileType.CharDevice ? 1 : 7));
        Assert.That(status.Size, Is.EqualTo(stored == FileType.Regular && shown == FileType.CharDevice ? 0 : 5));
    }

    private static OverrideStat? Read(string text) => OverrideStat.TryParse(Encoding.UTF8.GetBytes(text), out var stat) ? stat : null;
}
