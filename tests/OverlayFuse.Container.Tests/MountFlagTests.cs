using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

/// <summary>-v and --mount, and how they differ.</summary>
public sealed class MountFlagTests
{
    [Test]
    public void A_source_that_is_a_path_is_a_bind_and_one_that_is_a_name_a_volume()
    {
        var bind = VolumeFlag.Parse("/srv/www:/data:ro");
        var volume = VolumeFlag.Parse("www:/data/");
        Assert.That((bind.Kind, bind.Source, bind.Target, bind.ReadOnly, bind.Propagation, bind.Mode), Is.EqualTo((MountKind.Bind, "/srv/www", "/data", true, "rprivate", "ro")));
        Assert.That((volume.Kind, volume.Volume, volume.Target, volume.ReadOnly, volume.IsAnonymous), Is.EqualTo((MountKind.Volume, "www", "/data", false, false)));
    }

    [TestCase("./here", "/here")]
    [TestCase(".", "")]
    public void A_source_that_begins_with_a_dot_lies_where_we_are(string source, string below) =>
        Assert.That(MountFlag.Parse($"type=bind,source={source},target=/data").Source, Is.EqualTo(Directory.GetCurrentDirectory() + below));

    [Test]
    public void A_target_alone_is_a_volume_without_a_name()
    {
        var volume = VolumeFlag.Parse("/data");
        Assert.That((volume.Kind, volume.IsAnonymous, volume.Volume!.Length, volume.Mode), Is.EqualTo((MountKind.Volume, true, 64, "")));
    }

    [Test]
    public void Modes_of_a_volume_flag_are_read()
    {
        Assert.That(VolumeFlag.Parse("data:/data:ro,nocopy") is { ReadOnly: true, NoCopy: true }, Is.True);
        Assert.That(VolumeFlag.Parse("/h:/data:rshared").Propagation, Is.EqualTo("rshared"));
    }

    [TestCase("rel/path:/b", "includes invalid characters for a local volume name")]
    [TestCase("a:/b", "create a: volume name is too short")]
    [TestCase("vol1:relative", "mount path must be absolute")]
    [TestCase("x:rel", "invalid volume specification: 'x:rel': invalid mount config for type \"volume\": invalid mount path: 'rel' mount path must be absolute")]
    [TestCase("vol:/", "destination can't be '/'")]
    [TestCase("vol:/x/..", "destination can't be '/'")]
    [TestCase("vol:/x:sideways", "invalid mode")]
    [TestCase("a:/b:ro:x", "too many colons")]
    [TestCase("some:/b:ro,rw", "invalid mode: ro,rw")]
    [TestCase("/a:/b:shared,slave", "invalid mode: shared,slave")]
    public void A_volume_flag_that_makes_no_sense_says_what_docker_s_engine_says(string text, string words) =>
        Assert.That(() => VolumeFlag.Parse(text), Throws.TypeOf<RefusedException>().With.Message.Contains(words).And.Property("ExitCode").EqualTo(1));

    [Test]
    public void A_mount_flag_knows_three_types()
    {
        Assert.That(MountFlag.Parse("type=bind,src=/h,dst=/b,readonly") is { Kind: MountKind.Bind, Source: "/h", Target: "/b", ReadOnly: true, IsFromMountFlag: true }, Is.True);
        Assert.That(MountFlag.Parse("source=vol,target=/b,volume-nocopy") is { Kind: MountKind.Volume, Volume: "vol", NoCopy: true, Mode: "z" }, Is.True);
        Assert.That(MountFlag.Parse("type=tmpfs,target=/t,tmpfs-size=1m,tmpfs-mode=1770").Options, Is.EqualTo(new[] { "size=1048576", "mode=1770" }));
    }

    [TestCase("type=tmpfs,target=/t,volume-nocopy", "cannot mix 'volume-*' options with mount type 'tmpfs'")]
    [TestCase("type=tmpfs,target=/t,volume-label=a=b", "cannot mix 'volume-*' options with mount type 'tmpfs'")]
    [TestCase("type=tmpfs,target=/t,bind-nonrecursive", "cannot mix 'bind-*' options with mount type 'tmpfs'")]
    [TestCase("type=bind,source=/a,target=/t,tmpfs-size=1m", "cannot mix 'tmpfs-*' options with mount type 'bind'")]
    [TestCase("target=/t,bind-propagation=rslave", "cannot mix 'bind-*' options with mount type 'volume'")]
    [TestCase("type=bind,source=/a,target=/t,bind-nonrecursive=x", "invalid value for bind-nonrecursive: x")]
    public void Options_of_other_types_are_refused(string text, string words) =>
        Assert.That(() => MountFlag.Parse(text), Throws.TypeOf<RefusedException>().With.Message.Contains(words).And.Property("ExitCode").EqualTo(125));

    [TestCase("bind-nonrecursive", true)]
    [TestCase("bind-nonrecursive=true", true)]
    [TestCase("bind-nonrecursive=0", false)]
    public void A_bind_may_leave_out_what_is_mounted_below(string option, bool alone) =>
        Assert.That(MountFlag.Parse($"type=bind,source=/a,target=/t,{option}").NonRecursive, Is.EqualTo(alone));

    [Test]
    public void Fields_of_a_mount_flag_may_be_quoted_as_in_CSV()
    {
        var mount = MountFlag.Parse(""""
            source=vol,target=/b,"volume-opt=o=addr=1.2.3.4,rw","volume-opt=device=say ""x""",volume-opt=type=nfs
            """");
        Assert.That(mount.DriverOptions, Is.EqualTo(new Dictionary<string, string> { ["device"] = "say \"x\"", ["o"] = "addr=1.2.3.4,rw", ["type"] = "nfs" }));
    }

    [Test]
    public void A_mount_flag_labels_the_volume_that_it_makes() =>
        Assert.That(MountFlag.Parse("source=vol,target=/b,volume-label=a=b=c,volume-label=d").VolumeLabels, Is.EqualTo(new Dictionary<string, string> { ["a"] = "b=c", ["d"] = "" }));

    [TestCase("size=1m,mode=700,noexec", null)]
    [TestCase("ro", null)]
    [TestCase("bogus=1", "invalid tmpfs option [\"bogus\" \"1\"]")]
    [TestCase("size=1m,bogus", "invalid tmpfs option [\"bogus\"]")]
    public void Options_of_a_tmpfs_are_those_that_there_are(string options, string? said)
    {
        if (said is null) Assert.That(TmpfsOptions.Check(options), Is.EqualTo(options.Split(',')));
        else Assert.That(() => TmpfsOptions.Check(options), Throws.TypeOf<RefusedException>().With.Message.EqualTo(said));
    }

    [TestCase("type=bind,source=/h,target=/", "destination can't be '/'")]
    [TestCase("source=vol,target=/b,volume-opt=plain", "must be a key=value pair")]
    [TestCase("source=vol,\"target=/b", "a quote is not closed")]
    [TestCase("source=vol,\"target=/b\"x", "a quote ends within a field")]
    [TestCase("type=bogus,target=/b", "invalid mount config for type \"bogus\": mount type unknown.")]
    [TestCase("type=volume", "invalid argument \"type=volume\" for \"--mount\" flag: target is required")]
    [TestCase("type=bind,target=/b", "field Source must not be empty")]
    [TestCase("type=bind,source=rel,target=/b", "mount path must be absolute")]
    [TestCase("type=tmpfs,source=x,target=/b", "field Source must not be specified")]
    [TestCase("type=tmpfs,target=/b,tmpfs-size=many", "invalid value for tmpfs-size")]
    [TestCase("type=bind,source=/h,target=/b,volume-nocopy", "cannot mix")]
    [TestCase("type=volume,target=/b,what=1", "unexpected key 'what'")]
    public void A_mount_flag_that_makes_no_sense_says_what_docker_says(string text, string words)
    {
        var refused = Assert.Throws<RefusedException>(() => MountFlag.Parse(text))!;
        Assert.That(refused.Message, Does.Contain(words));
        Assert.That(refused.ExitCode, Is.EqualTo(refused.Message.StartsWith("invalid argument", StringComparison.Ordinal) ? 125 : 1), "docker's client has another code than its engine");
    }
}
