using NUnit.Framework;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container.Tests;

public sealed class FirstUseTests
{
    private readonly TemporaryPlace _place = new();
    private VolumeStore _volumes = null!;
    private ContainerRecord _record = null!;
    private string _image = "";
    private string _data = "";

    [SetUp]
    public void MakeImageAndVolume()
    {
        _volumes = new VolumeStore(_place.State);
        _volumes.Ensure(new VolumeRecord { Name = "v", Created = default });
        _data = _volumes.DataOf("v");
        _record = ContainerPlanTests.Plan(new RunRequest { Image = "i" });
        _record.Mounts.Clear();
        _record.Mounts.Add(new MountPoint { Kind = MountKind.Volume, Target = "/data", Volume = "v", Source = _data });
        _image = Path.Combine(_place.State.Root, "image");
        Directory.CreateDirectory(Path.Combine(_image, "data/sub"));
        File.WriteAllText(Path.Combine(_image, "data/a"), "whole");
        File.WriteAllText(Path.Combine(_image, "data/sub/b"), "whole");
        _ = Syscall.Chmod(Path.Combine(_image, "data"), 0x1ed);
    }

    [OneTimeTearDown]
    public void RemovePlace() => _place.Dispose();

    [TearDown]
    public void RemoveVolume() => _volumes.Remove(_volumes.Find("v")!);

    [Test]
    public void An_empty_volume_gets_all_that_the_image_has_there_and_nothing_of_how_that_was_done()
    {
        _ = Syscall.Chmod(Path.Combine(_image, "data"), 0x1f8); // 0770
        Start();
        Assert.That(Held(), Is.EqualTo(new[] { "a=whole", "sub/b=whole" }));
        Assert.That(Syscall.Stat(_data, out var status) == Errno.None ? status.Mode & 0xfff : 0, Is.EqualTo(0x1f8));
        Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(_data)!).Select(Path.GetFileName), Is.EquivalentTo(new[] { "_data", "volume.json" }));
    }

    [Test]
    public void What_a_kill_left_half_copied_goes_and_is_copied_anew()
    {
        CutShort(".filling-000000000000", "a", "ha");
        Start();
        Assert.That(Held(), Is.EqualTo(new[] { "a=whole", "sub/b=whole" }));
        Assert.That(File.Exists(_volumes.FillingOf("v")), Is.False);
    }

    [Test]
    public void What_somebody_has_put_there_since_the_kill_stays_as_it_is()
    {
        CutShort(".filling-000000000000", "a", "ha");
        File.WriteAllText(Path.Combine(_data, "mine"), "mine");
        Start();
        Assert.That(Held(), Is.EqualTo(new[] { "mine=mine" }));
    }

    [Test]
    public void What_was_whole_before_the_kill_is_moved_to_its_place_over_nothing_that_is_there()
    {
        CutShort(".filling-000000000000.whole", "a", "whole");
        File.WriteAllText(Path.Combine(_data, ".filling-000000000000.whole", "b"), "whole");
        File.WriteAllText(Path.Combine(_data, "b"), "mine");
        Start();
        Assert.That(Held(), Is.EqualTo(new[] { "a=whole", "b=mine" }));
    }

    [Test]
    public void The_mark_of_an_unfinished_first_use_is_as_the_README_says_and_a_half_made_volume_with_it_is_swept()
    {
        CutShort(".filling-000000000000", "a", "ha");
        Assert.That(_volumes.FillingOf("v"), Is.EqualTo(Path.Combine(_place.State.Volumes, "v/filling")));
        var half = Path.Combine(_place.State.Volumes, "half");
        Directory.CreateDirectory(half);
        File.WriteAllText(_volumes.FillingOf("half"), ".filling-000000000000");
        _volumes.SweepRemains();
        Assert.That((Directory.Exists(half), Held()[0]), Is.EqualTo((false, ".filling-000000000000/a=ha")));
    }

    [Test]
    public void A_mark_that_names_anything_else_removes_nothing()
    {
        File.WriteAllText(Path.Combine(_data, "mine"), "mine");
        foreach (var text in new[] { "", "mine", "../_data" })
        {
            File.WriteAllText(_volumes.FillingOf("v"), text);
            Start();
            Assert.That(Held(), Is.EqualTo(new[] { "mine=mine" }));
        }
        File.Delete(_volumes.FillingOf("v"));
    }

    private void CutShort(string directory, string file, string content)
    {
        File.WriteAllText(_volumes.FillingOf("v"), ".filling-000000000000");
        Directory.CreateDirectory(Path.Combine(_data, directory));
        File.WriteAllText(Path.Combine(_data, directory, file), content);
    }

    private void Start()
    {
        FirstUse.Resume(_record, _volumes);
        Assert.That(Syscall.Open(_image, OpenFlags.ReadOnly | OpenFlags.Directory, out var root), Is.EqualTo(Errno.None));
        FirstUse.Fill(_record, _volumes, new DirFd(root.Number));
        root.Close();
    }

    private string[] Held() =>
        [.. Directory.GetFiles(_data, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path => $"{Path.GetRelativePath(_data, path)}={File.ReadAllText(path)}")];
}
