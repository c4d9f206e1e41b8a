using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli.Tests;

public sealed class BuildContextTests
{
    private string _place = "";

    [SetUp]
    public void Make() => _place = Directory.CreateTempSubdirectory("overlayfuse-test-").FullName;

    [TearDown]
    public void Remove() => Image.LayerStore.Discard(_place);

    [Test]
    public void A_wildcard_fits_names_of_any_bytes()
    {
        byte[][] names = [[(byte)'n', 0xe9], "n\u00e9"u8.ToArray(), "no"u8.ToArray()];
        foreach (var name in names) Assert.That(Syscall.MknodAt(DirFd.Cwd, [.. Encoding.UTF8.GetBytes(_place), (byte)'/', .. name], (uint)FileType.Regular | Mode.OwnerReadWrite, 0, 0), Is.EqualTo(Errno.None));
        using var context = BuildContext.OfDirectory(Encoding.UTF8.GetBytes(_place), "");
        Assert.That(context.Find("n?").Select(source => Convert.ToHexString(source.End.Path)), Is.EqualTo(new[] { "6E6F", "6EC3A9", "6EE9" }));
    }
}
