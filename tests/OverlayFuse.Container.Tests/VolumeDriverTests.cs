using NUnit.Framework;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container.Tests;

public sealed class VolumeDriverTests
{
    [Test]
    public void Options_of_mount_are_flags_or_go_to_the_file_system()
    {
        Assert.That(LocalVolumes.Read("bind,ro"), Is.EqualTo((MountFlags.Bind | MountFlags.ReadOnly, "")));
        Assert.That(LocalVolumes.Read("size=1m,nosuid,mode=700"), Is.EqualTo((MountFlags.NoSuid, "size=1m,mode=700")));
        Assert.That(LocalVolumes.Read("defaults,rw,relatime,sync,uid=5"), Is.EqualTo((MountFlags.RelAtime | MountFlags.Synchronous, "uid=5")));
        Assert.That(LocalVolumes.Read(""), Is.EqualTo((MountFlags.None, "")));
    }

    [Test]
    public void The_mount_flag_names_a_driver_and_its_options()
    {
        var mount = MountFlag.Parse("type=volume,src=vol,dst=/d,volume-driver=rclone,volume-opt=remote=mem:b,volume-opt=allow-other=true");
        Assert.That(mount.Driver, Is.EqualTo("rclone"));
        Assert.That(mount.DriverOptions, Is.EqualTo(new Dictionary<string, string> { ["allow-other"] = "true", ["remote"] = "mem:b" }));
        Assert.That(mount.Mode, Is.Empty); // as docker has it for other drivers than its own
    }

    [Test]
    public void A_propagation_that_there_is_not_is_refused() =>
        Assert.That(() => MountFlag.Parse("type=bind,src=/a,dst=/b,bind-propagation=bad"), Throws.TypeOf<RefusedException>().With.Message.EqualTo("invalid mount config for type \"bind\": invalid propagation mode: bad."));

    [Test]
    public void A_volume_of_another_driver_is_a_conflict_only_for_who_names_one()
    {
        using var place = new TemporaryPlace();
        var volumes = new VolumeStore(place.State);
        volumes.Ensure(new VolumeRecord { Name = "v", Created = default });
        Assert.That(volumes.Ensure(new VolumeRecord { Name = "v", Created = default, Driver = "other" }).Driver, Is.EqualTo("local"));
        Assert.That(() => volumes.Ensure(new VolumeRecord { Name = "v", Created = default, Driver = "other", IsDriverAsked = true }), Throws.TypeOf<RefusedException>().With.Message.Contains("volume name must be unique"));
    }

    [Test]
    public void What_is_left_of_a_volume_half_made_is_swept_and_volumes_are_not()
    {
        using var place = new TemporaryPlace();
        var volumes = new VolumeStore(place.State);
        volumes.Ensure(new VolumeRecord { Name = "whole", Created = default });
        Directory.CreateDirectory(volumes.DataOf("half"));
        volumes.SweepRemains();
        Assert.That(Directory.GetDirectories(place.State.Volumes).Select(Path.GetFileName), Is.EqualTo(new[] { "whole" }));
    }

    [Test]
    public void Volumes_are_listed_as_people_count()
    {
        string[] names = ["1aa", "2e5", "12c", "vol1", "vol3", "vol10", "vol-nocopy", "vol-tmp", "vol-x1", "vol-x01", "volx"];
        Assert.That(names.Reverse().Order(NaturalOrder.Instance), Is.EqualTo(names));
    }

    [TestCase("bogus=1", "invalid option: \"bogus\"")]
    [TestCase("type=tmpfs", "missing required option: \"device\"")]
    public void Options_that_make_no_sense_are_refused_before_anything_is_made(string option, string words)
    {
        using var place = new TemporaryPlace();
        var volumes = new VolumeStore(place.State);
        var volume = new VolumeRecord { Name = "v", Created = default, Options = { [option.Split('=')[0]] = option.Split('=')[1] } };
        Assert.That(() => volumes.Ensure(volume), Throws.TypeOf<RefusedException>().With.Message.Contains(words));
        Assert.That(Directory.Exists(Path.GetDirectoryName(volumes.DataOf("v"))), Is.False);
    }
}
