using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class DescriptorTests
{
    [TestCase("read d/f")]
    [TestCase("write d/f \"new\"")]
    [TestCase("mv d e")]
    [TestCase("rm d/f")]
    [TestCase("mv d/f d/k")]
    [TestCase("create d/n \"text\"")]
    [TestCase("tmpfile d d/n \"text\"")]
    [TestCase("mkdir d/n")]
    [TestCase("list d")]
    [TestCase("look r/s/f")]
    [TestCase("read r/s/m")]
    [TestCase("create none/n ! NOENT")]
    public void A_closed_union_has_no_descriptor_left(string action)
    {
        using var union = new TestUnion(5);
        union.With("lower1", "d/f = \"f\"  d/a = \"a\"  d/b is d/a  r/ redirect=\"/x/y\"").With("lower2", "d/g = \"g\"  x/y/s/f = \"f\"  x/y/s/m metacopy(1) redirect=\"/d/h\"").With("lower5", "d/h = \"h\"").Open();
        var before = Array.Empty<string>();
        for (var i = 0; i < 5; i++)
        {
            union.Close();
            if (i == 1) before = Open();
            union.Shell("rm -rf upper/* work/*");
            union.Open();
            Assert.That(new Script(union.Kernel).Do(action), Is.Null);
        }
        union.Close();
        Assert.That(Open(), Is.EquivalentTo(before));
    }

    // Of the test's directories; what lies in a private clone of a mount shows its path from there.
    private static string[] Open() =>
        [.. Directory.GetFileSystemEntries("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "").Where(target => target.Contains("overlayfuse-test") || (target is ['/', 'd' or 'x' or 'r', ..] && !target.StartsWith("/dev", StringComparison.Ordinal)))];
}
