using NUnit.Framework;

namespace OverlayFuse.Cli.Tests;

[TestFixture]
internal class LikelyMountPointTests
{
    [TestCase("overlayfuse mount -o lowerdir=a,upperdir=u,workdir=w m", ExpectedResult = "m")]
    [TestCase("overlayfuse mount m -olowerdir=a --log file", ExpectedResult = "m")]
    [TestCase("overlayfuse mount --layers file --options ro m", ExpectedResult = "m")]
    [TestCase("overlayfuse -o lowerdir=a m", ExpectedResult = "m")]
    [TestCase("fuse-overlayfs -o lowerdir=a m", ExpectedResult = "m")]
    [TestCase("mount.fuse.overlayfuse none m -n -o rw,lowerdir=a -t fuse.overlayfuse", ExpectedResult = "m")]
    public string? The_last_word_that_is_no_flag_is_where_a_daemon_is_started_for(string line) => Of(line);

    [TestCase("overlayfuse mount -f -o lowerdir=a m")]
    [TestCase("overlayfuse mount --debug -o lowerdir=a m")]
    [TestCase("overlayfuse mount --help")]
    [TestCase("overlayfuse mount -o lowerdir=a")]
    [TestCase("overlayfuse mount -o lowerdir=a -- m")]
    [TestCase("overlayfuse -o lowerdir=a m --version")]
    [TestCase("overlayfuse umount m")]
    [TestCase("overlayfuse ps")]
    [TestCase("overlayfuse nosuch")]
    [TestCase("overlayfuse --version")]
    [TestCase("overlayfuse")]
    [TestCase("mount.fuse.overlayfuse none m -f -o lowerdir=a")]
    public void Nothing_is_started_for_what_is_no_mount_or_stays_in_the_foreground(string line) => Assert.That(Of(line), Is.Null);

    private static string? Of(string line)
    {
        var words = line.Split(' ');
        return DaemonLauncher.LikelyMountPoint(new RawArguments(words[0], words[1..]));
    }
}
