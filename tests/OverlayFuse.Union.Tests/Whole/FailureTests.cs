using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Changes on an upper that runs out of inodes or of space at every point in turn: each either happens whole or leaves the union as it was,
/// with nothing half made behind it, and happens once there is room.
/// </summary>
internal class FailureTests
{
    private static readonly string[] Actions =
    [
        "write d/s/f \"new\"", "chmod d/s/f 600", "setxattr d/s/f user.a", "truncate d/s/f 3", "chmod d/s 700",
        "rm d/s/f", "mv d/s/f moved", "mv d/s moved", "mv f d/s/f", "swap d f", "swap u d/s", "link d/s/f link", "link a x",
        "write a \"2\"", "rm a", "create d/s/new \"\"", "create gone \"\"", "mkdir d/new", "mkdir gone", "symlink gone \"to\"", "tmpfile d d/t \"text\"",
        "rmdir e", "mv u e", "chmod l 600 ! NOTSUP", "link l l2", "mv l l2", "rm l",
    ];

    private readonly string _mount = $"/tmp/overlayfuse-small-{Guid.NewGuid():n}";

    [OneTimeSetUp]
    public void SetUp()
    {
        if (!Scratch.IsRoot) Assert.Ignore("only root can mount a small file system");
        Directory.CreateDirectory(_mount);
        Run("mount", "-t", "tmpfs", "-o", "size=2m,nr_inodes=300", "tmpfs", _mount);
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        if (!Scratch.IsRoot) return;
        Run("umount", _mount);
        Directory.Delete(_mount);
    }

    [TestCaseSource(nameof(Actions))]
    public void Without_inodes(string action)
    {
        var failed = 0;
        for (var free = 0; free < 12; free++) failed += Try(action, free, LeaveInodes) ? 0 : 1;
        if (!action.StartsWith("rm", StringComparison.Ordinal) && !action.Contains('!') && action != "mv u e") Assert.That(failed, Is.GreaterThan(0), "it never failed");
    }

    [TestCaseSource(nameof(Actions))]
    public void Without_space(string action)
    {
        for (var free = 0; free < 8; free++) Try(action, free, LeavePages);
    }

    [Test]
    public void Pages_of_a_mapping_that_do_not_fit_are_an_error_however_many_did()
    {
        using var union = new TestUnion(1, above: _mount);
        union.With("upper", "f = \"x\"").Open();
        Assert.That(union.Kernel.Find("f", out var entry), Is.EqualTo(Errno.None));
        LeavePages(2);
        var error = union.Kernel.Union.Write(union.Kernel.Request, entry.Node, 0, 0, new byte[16384], WriteFlags.FromCache, out var count);
        File.Delete($"{_mount}/fill");
        Assert.That((error, count), Is.EqualTo((Errno.NOSPC, 12288)), "the kernel looks at the error only");
    }

    private bool Try(string action, int free, Action<int> leave)
    {
        using var union = new TestUnion(2, above: _mount);
        union.With("lower1", $"d/s/f = \"{new string('f', 20000)}\"  f = \"file\"  a = \"1\"  b is a  gone = \"old\"  l -> \"x\"")
            .With("lower2", "d/s/g = \"g\"  e/x = \"x\"")
            .With("upper", "u/  gone whiteout  e/x whiteout")
            .Open();
        union.Kernel.Find("d/s", out _);
        var before = Short(LayerText.Describe(union.Kernel));
        var upper = LayerText.Describe(union.Upper);
        leave(free);

        var wrong = new Script(union.Kernel).Do(action);
        foreach (var filler in Directory.GetFiles(_mount, "fill*")) File.Delete(filler);
        var where = $"with {free} left: {wrong}";
        if (wrong is not null)
        {
            Assert.That(wrong, Does.EndWith("NOSPC").Or.EndWith("DQUOT"), where);
            Assert.That(Short(LayerText.Describe(union.Kernel)), Is.EqualTo(before), where);
            // Directories on the way are each a change of their own that nobody sees.
            Assert.That(LayerText.Describe(union.Upper).Where(i => !IsPart(i, upper)), Is.Empty, where);
            Assert.That(new Script(union.Kernel).Do(action), Is.Null, "and when there is room");
        }
        var after = Short(LayerText.Describe(union.Kernel));
        union.Kernel.ForgetAll();
        Assert.That(union.Leftovers(), Is.Empty, where);
        Assert.That(union.Lowers(), Is.EqualTo(union.LowersBefore), where);
        union.Close();
        union.Open();
        Assert.That(Short(LayerText.Describe(union.Kernel)), Is.EqualTo(after), $"after the next mount, {where}");
        return wrong is null;
    }

    private static string[] Short(string[] items) => [.. items.Select(i => i.Replace(new string('f', 100), "", StringComparison.Ordinal))];

    // What was there, directories without marks, and copies of metadata that come before a rename: the union shows the same through them.
    private static bool IsPart(string item, string[] before) =>
        before.Contains(item) || item.EndsWith('/') || item.Contains(" metacopy(", StringComparison.Ordinal) || item is "a = \"1\"" or "b = \"1\"" or "l -> \"x\"" or "f = \"file\""
        || item.Contains("/ redirect=", StringComparison.Ordinal) || item == "u/ opaque";

    private void LeaveInodes(int free)
    {
        var count = 0;
        while (Syscall.MknodAt(DirFd.Cwd, System.Text.Encoding.UTF8.GetBytes($"{_mount}/fill{count}"), (uint)FileType.Regular, 0, 0) == Errno.None) count++;
        for (var i = 0; i < free && i < count; i++) File.Delete($"{_mount}/fill{i}");
    }

    private void LeavePages(int free)
    {
        const int PageSize = 4096;
        Syscall.OpenAt(DirFd.Cwd, System.Text.Encoding.UTF8.GetBytes($"{_mount}/fill"), OpenFlags.ReadWrite | OpenFlags.Create, 0x180, out var fd);
        var page = new byte[PageSize];
        long at = 0;
        while (Syscall.PWrite(fd, page, at, out _) == Errno.None) at += PageSize;
        Syscall.Truncate(fd, Math.Max(0, at - (long)free * PageSize));
        fd.Close();
    }

    private static void Run(params string[] command)
    {
        using var process = System.Diagnostics.Process.Start(command[0], command[1..]);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException(string.Join(' ', command));
    }
}
