using System.Text;
using NUnit.Framework;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container.Tests;

/// <summary>A root with links in it.</summary>
public sealed class PathResolverTests
{
    private string _place = "";
    private DirFd _root;

    [SetUp]
    public void Make()
    {
        _place = Directory.CreateTempSubdirectory("overlayfuse-test-").FullName;
        Directory.CreateDirectory(_place + "/etc");
        File.WriteAllText(_place + "/etc/motd", "");
        foreach (var (link, target) in new[] { ("out", "../../../../etc/motd"), ("circle", "circle"), ("full", "/etc") }) File.CreateSymbolicLink(Path.Combine(_place, link), target);
        Assert.That(Syscall.Open(_place, OpenFlags.ReadOnly | OpenFlags.Directory, out var root), Is.EqualTo(Errno.None));
        _root = new DirFd(root.Number);
    }

    [TearDown]
    public void Remove()
    {
        _root.Fd.Close();
        Directory.Delete(_place, recursive: true);
    }

    [TestCase("/etc/motd", true, "etc/motd", true)]
    [TestCase("/out", true, "etc/motd", true, TestName = "A link out of the root stays in it")]
    [TestCase("/full/../full/motd", false, "etc/motd", true)]
    [TestCase("/out", false, "out", true)]
    [TestCase("/etc/new", true, "etc/new", true)]
    [TestCase("/no/new", true, "no/new", false)]
    public void A_last_link_is_followed_when_asked_and_a_free_name_may_have_its_directory(string path, bool follow, string expected, bool hasParent)
    {
        var end = new PathResolver(_root).Find(CopyPath.Parse(Encoding.UTF8.GetBytes(path)), follow);
        Assert.That((Encoding.UTF8.GetString(end.Path), end.HasParent), Is.EqualTo((expected, hasParent)));
    }

    [Test]
    public void A_circle_of_links_is_said() =>
        Assert.That(() => new PathResolver(_root).Find(CopyPath.Parse("/circle"u8), followLast: true), Throws.TypeOf<RefusedException>().With.Message.Contains("/circle"));
}
