using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Image.Tests;

/// <summary>The state directory and its locks.</summary>
public sealed class StateTests
{
    private string _place = "";

    [SetUp]
    public void Make() => _place = Directory.CreateTempSubdirectory("overlayfuse-test-").FullName;

    [TearDown]
    public void Remove() => Directory.Delete(_place, recursive: true);

    [Test]
    public void Nobody_else_may_pass_through_it_one_of_before_included()
    {
        var root = Path.Combine(_place, "state");
        Directory.CreateDirectory(root);
        Assert.That(Syscall.ChmodAt(DirFd.Cwd, Encoding.UTF8.GetBytes(root), 0x1c9 /* 0711 */), Is.EqualTo(Errno.None));
        StateDirectory.Open(root);
        Assert.That(Syscall.Stat(root, out var status), Is.EqualTo(Errno.None));
        Assert.That(status.Mode & 0x1ff, Is.EqualTo(0x1c0 /* 0700 */));
    }
}
