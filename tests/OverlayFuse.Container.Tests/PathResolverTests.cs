using System.Text;
using NUnit.Framework;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container.Tests;

/// <summary>A root with links in it, and directories and a file that are mounted over places of it.</summary>
public sealed class PathResolverTests
{
    private string _place = "";
    private DirFd _root;

    [SetUp]
    public void Make()
    {
        _place = Directory.CreateTempSubdirectory("overlayfuse-test-").FullName;
        foreach (var directory in new[] { "root/etc", "root/run", "root/var", "root/data", "volume/sub", "inner" }) Directory.CreateDirectory(Path.Combine(_place, directory));
        foreach (var file in new[] { "root/etc/motd", "root/data/hidden", "volume/page", "inner/deep", "note" }) File.WriteAllText(Path.Combine(_place, file), file);
        foreach (var (link, target) in new[] { ("root/var/run", "/run"), ("root/out", "../../../../etc/motd"), ("root/circle", "circle"), ("volume/back", "/etc/motd"), ("volume/up", "../etc") })
            File.CreateSymbolicLink(Path.Combine(_place, link), target);
        Assert.That(Syscall.Open(_place + "/root", OpenFlags.ReadOnly | OpenFlags.Directory, out var root), Is.EqualTo(Errno.None));
        _root = new DirFd(root.Number);
    }

    [TearDown]
    public void Remove()
    {
        _root.Fd.Close();
        Directory.Delete(_place, recursive: true);
    }

    [TestCase("/etc/motd", "root/etc/motd")]
    [TestCase("/out", "root/etc/motd", TestName = "A link out of the root stays in it")]
    [TestCase("/data/page", "volume/page", TestName = "What is mounted hides what is beneath")]
    [TestCase("/data/../etc/motd", "root/etc/motd")]
    [TestCase("/data/back", "root/etc/motd", TestName = "A link in a volume leads to the container's root")]
    [TestCase("/data/up/motd", "root/etc/motd", TestName = "A link in a volume leads above it, and that is the container's root")]
    [TestCase("/data/sub/deep", "inner/deep", TestName = "A mount on a mount")]
    [TestCase("/run/deep", "inner/deep", TestName = "A mount whose target was named through a link")]
    [TestCase("/var/run/deep", "inner/deep")]
    [TestCase("/etc/note", "note", TestName = "A file that is mounted")]
    [TestCase("/etc/missing", null)]
    [TestCase("/data/hidden", null)]
    public void A_path_leads_where_it_does_in_the_container(string path, string? file)
    {
        using var resolver = new PathResolver(_root, [Bind("/var/run", "inner"), Bind("/data/sub", "inner"), Bind("/data", "volume"), Bind("/etc/note", "note")], isReadOnly: false);
        var end = resolver.Find(CopyPath.Parse(Encoding.UTF8.GetBytes(path)), followLast: true);
        Assert.That(end.Exists, Is.EqualTo(file is not null));
        if (file is not null) Assert.That(File.ReadAllText($"/proc/self/fd/{end.Root.Number}/{Encoding.UTF8.GetString(end.Path)}"), Is.EqualTo(file));
    }

    [TestCase("/out", false, "out", true)]
    [TestCase("/etc/new", true, "etc/new", true)]
    [TestCase("/no/new", true, "no/new", false)]
    public void A_last_link_is_followed_when_asked_and_a_free_name_may_have_its_directory(string path, bool follow, string expected, bool hasParent)
    {
        using var resolver = new PathResolver(_root, [], isReadOnly: false);
        var end = resolver.Find(CopyPath.Parse(Encoding.UTF8.GetBytes(path)), follow);
        Assert.That((Encoding.UTF8.GetString(end.Path), end.HasParent), Is.EqualTo((expected, hasParent)));
    }

    [Test]
    public void A_circle_of_links_is_said()
    {
        using var resolver = new PathResolver(_root, [], isReadOnly: false);
        Assert.That(() => resolver.Find(CopyPath.Parse("/circle"u8), followLast: true), Throws.TypeOf<RefusedException>().With.Message.Contains("/circle"));
    }

    [Test]
    public void A_read_only_mount_is_read_only_and_the_root_beside_it_is_not()
    {
        var mount = Bind("/data", "volume");
        mount.ReadOnly = true;
        using var resolver = new PathResolver(_root, [mount], isReadOnly: false);
        Assert.That(resolver.Find(CopyPath.Parse("/data/page"u8), followLast: true).ReadOnly, Is.True);
        Assert.That(resolver.Find(CopyPath.Parse("/data/back"u8), followLast: true).ReadOnly, Is.False);
    }

    private MountPoint Bind(string target, string source) => new() { Kind = MountKind.Bind, Target = target, Source = Path.Combine(_place, source) };
}
