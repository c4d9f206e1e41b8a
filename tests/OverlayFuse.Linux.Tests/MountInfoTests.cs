using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Linux.Tests;

public sealed class MountInfoTests
{
    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    [Test]
    public void A_line_of_the_manual_page_is_taken_apart()
    {
        var entry = MountInfo.Parse("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"u8).Single();

        Assert.That((entry.Id, entry.ParentId, entry.DeviceMajor, entry.DeviceMinor), Is.EqualTo((36, 35, 98u, 0u)));
        Assert.That((Text(entry.Root), Text(entry.MountPoint), entry.Options), Is.EqualTo(("/mnt1", "/mnt2", "rw,noatime")));
        Assert.That((entry.Type, Text(entry.Source), Text(entry.SuperOptions)), Is.EqualTo(("ext3", "/dev/root", "rw,errors=continue")));
    }

    [TestCase("")]
    [TestCase("shared:5 ")]
    [TestCase("shared:5 master:1 propagate_from:2 ")]
    public void Any_number_of_optional_fields_is_passed_over(string optional)
    {
        var line = Encoding.ASCII.GetBytes($"1 2 0:39 / /m rw {optional}- fuse.overlayfuse - rw,user_id=0\n");
        var entry = MountInfo.Parse(line).Single();
        Assert.That((entry.Type, Text(entry.Source), entry.DeviceMinor), Is.EqualTo(("fuse.overlayfuse", "-", 39u)));
    }

    [Test]
    public void Escaped_bytes_are_given_back()
    {
        var entry = MountInfo.Parse("1 2 0:1 / /a\\040b\\011c\\012d\\134e rw - tmpfs x\\040y rw\n"u8).Single();
        Assert.That(Text(entry.MountPoint), Is.EqualTo("/a b\tc\nd\\e"));
        Assert.That(Text(entry.Source), Is.EqualTo("x y"));
    }

    [Test]
    public void Bytes_that_are_no_text_are_kept() =>
        Assert.That(MountInfo.Parse([.. "1 2 0:1 / /"u8, 0xff, 0xfe, .. " rw - tmpfs x rw"u8]).Single().MountPoint, Is.EqualTo((byte[])[(byte)'/', 0xff, 0xfe]));

    [TestCase("")]
    [TestCase("nonsense")]
    [TestCase("1 2 0:1 / /m rw")]
    [TestCase("1 2 x:1 / /m rw - tmpfs a rw")]
    [TestCase("1 2 0:1 / /m rw - tmpfs")]
    [TestCase("-1 2 0:1 / /m rw - tmpfs a rw")]
    public void Lines_it_does_not_understand_are_left_out(string line) =>
        Assert.That(MountInfo.Parse(Encoding.ASCII.GetBytes($"{line}\n1 2 0:1 / /m rw - tmpfs a rw\n")), Has.Count.EqualTo(1));

    [Test]
    public void The_uppermost_mount_at_a_place_is_found()
    {
        Assert.That(MountInfo.Find("/proc"u8)?.Type, Is.EqualTo("proc"));
        Assert.That(MountInfo.Find("/no/such/mount"u8), Is.Null);
    }
}
