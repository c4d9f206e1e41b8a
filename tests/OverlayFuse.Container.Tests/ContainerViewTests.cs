using System.Text;
using NUnit.Framework;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container.Tests;

/// <summary>A root with links in it, and directories and a file that are mounted over places of it.</summary>
public sealed class ContainerViewTests
{
    private string _place = "";

    [SetUp]
    public void Make()
    {
        if (Syscall.GetEUid() != 0) Assert.Ignore("only root may mount");
        _place = Directory.CreateTempSubdirectory("overlayfuse-test-").FullName;
        foreach (var directory in new[] { "root/etc", "root/run", "root/var", "root/srv/data", "volume/sub", "inner", "out" }) Directory.CreateDirectory(Path.Combine(_place, directory));
        foreach (var file in new[] { "root/etc/motd", "root/etc/note", "root/srv/data/hidden", "volume/page", "inner/deep", "note" }) File.WriteAllText(Path.Combine(_place, file), file);
        foreach (var (link, target) in new[] { ("root/var/run", "/run"), ("volume/back", "/etc/motd"), ("volume/up", "../etc") }) File.CreateSymbolicLink(Path.Combine(_place, link), target);
    }

    [TearDown]
    public void Remove()
    {
        if (_place.Length > 0) Directory.Delete(_place, recursive: true);
    }

    [TestCase("/etc/motd", "root/etc/motd")]
    [TestCase("/srv/data/page", "volume/page", TestName = "What is mounted hides what is beneath")]
    [TestCase("/srv/data/../../etc/motd", "root/etc/motd")]
    [TestCase("/srv/data/back", "root/etc/motd", TestName = "A link in a volume leads to the container's root")]
    [TestCase("/srv/data/up/hidden", null, TestName = "A link in a volume leads above it, and that is the container's directory")]
    [TestCase("/srv/data/sub/deep", "inner/deep", TestName = "A mount on a mount")]
    [TestCase("/run/deep", "inner/deep", TestName = "A mount whose target was named through a link")]
    [TestCase("/var/run/deep", "inner/deep")]
    [TestCase("/etc/note", "note", TestName = "A file that is mounted")]
    [TestCase("/new/place/deep", "inner/deep", TestName = "A mount at a place that is not there yet")]
    [TestCase("/new/file", "note", TestName = "And that of a file")]
    [TestCase("/etc/missing", null)]
    [TestCase("/srv/data/hidden", null)]
    public void A_path_leads_where_it_does_in_the_container(string path, string? file)
    {
        using var view = View(Bind("/new/place", "inner"), Bind("/new/file", "note"));
        var end = view.Find(CopyPath.Parse(Encoding.UTF8.GetBytes(path)), followLast: true);
        Assert.That(end.Exists, Is.EqualTo(file is not null));
        if (file is not null) Assert.That(File.ReadAllText($"/proc/self/fd/{view.Root.Number}/{Encoding.UTF8.GetString(end.Path)}"), Is.EqualTo(file));
    }

    [Test]
    public void A_directory_is_copied_with_what_is_mounted_in_it()
    {
        using var view = View();
        Copy(view.Root, "srv", Open("out"), "srv", action => action());
        Assert.That((File.ReadAllText(_place + "/out/srv/data/page"), File.ReadAllText(_place + "/out/srv/data/sub/deep"), File.Exists(_place + "/out/srv/data/hidden")), Is.EqualTo(("volume/page", "inner/deep", false)));
    }

    [Test]
    public void What_is_copied_in_comes_into_what_is_mounted_and_not_beneath_it()
    {
        Directory.CreateDirectory(_place + "/out/data");
        File.WriteAllText(_place + "/out/data/page", "new");
        using var view = View();
        Copy(Open("out"), "data", view.Root, "srv/data", view.Do);
        Assert.That((File.ReadAllText(_place + "/volume/page"), File.Exists(_place + "/root/srv/data/page")), Is.EqualTo(("new", false)));
    }

    [Test]
    public void A_file_that_is_mounted_is_not_replaced()
    {
        File.WriteAllText(_place + "/out/note", "new");
        using var view = View();
        Assert.That(() => Copy(Open("out"), "note", view.Root, "etc/note", view.Do), Throws.TypeOf<RefusedException>().With.Message.Contains(Errno.BUSY.Describe()));
        Assert.That((File.ReadAllText(_place + "/note"), File.ReadAllText(_place + "/root/etc/note")), Is.EqualTo(("note", "root/etc/note")));
        Assert.That((view.IsWritable("etc/note"u8.ToArray(), out var isAt), isAt, view.IsWritable("etc"u8.ToArray(), out isAt), isAt), Is.EqualTo(((bool?)true, true, (bool?)null, false)));
    }

    [Test]
    public void Nothing_is_written_into_a_mount_that_is_read_only()
    {
        Directory.CreateDirectory(_place + "/out/data");
        File.WriteAllText(_place + "/out/data/new", "");
        var mount = Bind("/srv/data", "volume");
        mount.ReadOnly = true;
        using var view = View(mount);
        Assert.That(() => Copy(Open("out"), "data", view.Root, "srv/data", view.Do), Throws.TypeOf<RefusedException>().With.Message.Contains(Errno.ROFS.Describe()));
        Assert.That((view.IsWritable("srv/data/page"u8.ToArray(), out _), view.IsWritable("srv"u8.ToArray(), out _)), Is.EqualTo(((bool?)false, (bool?)null)));
    }

    [Test]
    public void Nothing_stays_mounted_and_nobody_else_sees_it()
    {
        using (View()) Assert.That(File.ReadAllText("/proc/self/mountinfo"), Does.Not.Contain(_place));
        Directory.Delete(_place + "/root", recursive: true); // which a mount in it would forbid
        Directory.CreateDirectory(_place + "/root");
    }

    private ContainerView View(params MountPoint[] more) =>
        ContainerView.Open(_place + "/root", [Bind("/var/run", "inner"), Bind("/srv/data/sub", "inner"), Bind("/srv/data", "volume"), Bind("/etc/note", "note"), .. more], []);

    private MountPoint Bind(string target, string source) => new() { Kind = MountKind.Bind, Target = target, Source = Path.Combine(_place, source) };

    private DirFd Open(string name)
    {
        Assert.That(Syscall.Open(Path.Combine(_place, name), OpenFlags.ReadOnly | OpenFlags.Directory, out var opened), Is.EqualTo(Errno.None));
        return new DirFd(opened.Number);
    }

    private static void Copy(DirFd from, string source, DirFd to, string target, Action<Action> where)
    {
        var (begin, end) = (new PathResolver(from).Find(CopyPath.Parse(Encoding.UTF8.GetBytes(source)), false), new PathResolver(to).Find(CopyPath.Parse(Encoding.UTF8.GetBytes(target)), false));
        where(() => TreeTransfer.Run(begin, begin.Path, end, CopyPlan.AsTarget, _ => { }));
    }
}
