using NUnit.Framework;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container.Tests;

public sealed class ContainerStoreTests
{
    private string _root = "";

    [SetUp]
    public void MakeRoot() => _root = Path.Combine("/var/tmp", "of-container-" + Identifier.New()[..12]);

    [TearDown]
    public void RemoveRoot() => LayerStore.Discard(_root);

    [Test]
    public void A_container_is_found_by_name_id_and_first_digits_and_is_gone_when_removed()
    {
        var store = new ContainerStore(StateDirectory.Open(_root));
        var container = store.Create(Record("c1"));
        Assert.That(new[] { store.Find("c1")?.Id, store.Find("/c1")?.Id, store.Find(container.Id)?.Id, store.Find(container.Id[..8])?.Id }, Is.All.EqualTo(container.Id));
        Assert.That((store.Find("c2"), container.Status), Is.EqualTo(((StoredContainer?)null, ContainerStatus.Created)));
        Assert.That(Directory.GetFileSystemEntries(store.Layers.PathOf(container.Record.LayerId)).Select(Path.GetFileName), Is.EquivalentTo(new[] { "diff", "link", "lower", "merged", "work" }));

        store.Remove(container);
        Assert.That((store.All().Count, Directory.GetDirectories(Path.Combine(_root, "overlay2")).Length), Is.EqualTo((0, 1)));
    }

    [Test]
    public void What_a_killed_command_left_is_swept_and_containers_and_image_layers_stay()
    {
        var store = new ContainerStore(StateDirectory.Open(_root));
        var container = store.Create(Record("c1"));
        var unfinished = store.Create(Record("c2"));
        File.Delete(Path.Combine(unfinished.Directory, "container.json"));
        Directory.CreateDirectory(Path.Combine(_root, "overlay2", "image-layer", "diff"));

        store.SweepRemains();
        Assert.That(Directory.GetDirectories(Path.Combine(_root, "containers")).Select(Path.GetFileName), Is.EqualTo(new[] { container.Id }));
        Assert.That(Directory.GetDirectories(Path.Combine(_root, "overlay2")).Select(Path.GetFileName), Is.EquivalentTo(new[] { "l", "image-layer", container.Record.LayerId, container.Record.InitLayerId }));
    }

    [Test]
    public void A_container_whose_supervisor_was_killed_has_ended_with_137()
    {
        var store = new ContainerStore(StateDirectory.Open(_root));
        var container = store.Create(Record("c1"));
        ContainerStore.WriteState(container.Directory, new ContainerState { Status = ContainerStatus.Running, Pid = 1 });
        using (StateLock.Take(container.LockPath)) Assert.That(store.Get("c1").IsRunning, Is.True);
        var orphan = store.Get("c1");
        Assert.That((orphan.IsRunning, orphan.IsOrphaned, orphan.Status, orphan.ExitCode), Is.EqualTo((false, true, ContainerStatus.Exited, 137)));
    }

    [Test]
    public void The_files_of_containers_and_volumes_are_as_the_README_says()
    {
        var store = new ContainerStore(StateDirectory.Open(_root));
        var container = store.Create(Record("c1"));
        ContainerStore.WriteState(container.Directory, new ContainerState { Status = ContainerStatus.Exited, Pid = 1, SupervisorPid = 2, ExitCode = 3, Error = "e", StartedAt = DateTimeOffset.UnixEpoch, FinishedAt = DateTimeOffset.UnixEpoch });
        Assert.That(
            File.ReadAllText(Path.Combine(container.Directory, "state.json")),
            Is.EqualTo("""{"Status":"Exited","Pid":1,"SupervisorPid":2,"ExitCode":3,"RestartCount":0,"Error":"e","StartedAt":"1970-01-01T00:00:00+00:00","FinishedAt":"1970-01-01T00:00:00+00:00"}"""));
        Assert.That(File.ReadAllText(Path.Combine(container.Directory, "container.json")), Does.StartWith($$"""{"Id":"{{container.Id}}","Name":"c1","Created":"20""").And.Contain(""""Mounts":[{"Kind":"Volume","Target":"/data","Volume":""""));
        Assert.That(
            File.ReadAllText(Path.Combine(container.Directory, "container.json")),
            Does.Contain(""""PidsLimit":0,"ShmSize":67108864,"SecurityOpt"""").And.Contain(""""Privileged":false,"IdFile":"","Init":false,"Runtime":"runc"""").And.Not.Contain("Ulimits"));
        Assert.That(Directory.GetFileSystemEntries(container.Directory).Select(Path.GetFileName), Is.EquivalentTo(new[] { "container.json", "control", "lock", "state.json", "users" }));

        var flagged = store.Create(Record("c2", new RunRequest
        {
            Image = "i",
            Ulimits = ["nofile=1:2"],
            Privileged = true,
            CapAdd = ["sys_time"],
            CapDrop = ["kill"],
            GroupAdd = ["8"],
            Devices = ["/dev/fuse"],
            ExtraHosts = ["a:1.2.3.4"],
            Dns = ["1.1.1.1"],
            DnsSearch = ["x.org"],
            DnsOptions = ["ndots:2"],
            IdFile = "/id",
            StopTimeout = 3,
        }));
        Assert.That(
            File.ReadAllText(Path.Combine(flagged.Directory, "container.json")),
            Does.Contain(""""Ulimits":[{"Name":"nofile","Hard":2,"Soft":1}],"SecurityOptions":[],"Privileged":true,"CapAdd":["CAP_SYS_TIME"],"CapDrop":["CAP_KILL"],"GroupAdd":["8"],"Devices":[{"PathOnHost":"/dev/fuse","PathInContainer":"/dev/fuse","CgroupPermissions":"rwm"}],"ExtraHosts":["a:1.2.3.4"],"Dns":["1.1.1.1"],"DnsSearch":["x.org"],"DnsOptions":["ndots:2"],"IdFile":"/id","StopTimeout":3,"Init":""""));

        new VolumeStore(StateDirectory.Open(_root)).Ensure(new VolumeRecord { Name = "v", Created = DateTimeOffset.UnixEpoch });
        Assert.That(
            File.ReadAllText(Path.Combine(_root, "volumes/v/volume.json")),
            Is.EqualTo("""{"Name":"v","Created":"1970-01-01T00:00:00+00:00","Driver":"local","Labels":{},"Options":{},"IsAnonymous":false}"""));
    }

    [Test]
    public void What_was_not_made_to_the_end_is_no_container()
    {
        var store = new ContainerStore(StateDirectory.Open(_root));
        var container = store.Create(Record("c1"));
        File.Delete(Path.Combine(container.Directory, "container.json"));
        Assert.That(store.All(), Is.Empty);
    }

    [Test]
    public void A_volume_keeps_what_it_was_made_with_and_goes_with_all_it_holds()
    {
        var volumes = new VolumeStore(StateDirectory.Open(_root));
        volumes.Ensure(new VolumeRecord { Name = "v", Created = DateTimeOffset.UnixEpoch, Labels = new() { ["a"] = "b" } });
        File.WriteAllText(Path.Combine(volumes.DataOf("v"), "f"), "1");
        volumes.Ensure(new VolumeRecord { Name = "v", Created = DateTimeOffset.UtcNow });
        Assert.That((volumes.Find("v")!.Labels["a"], volumes.Find("v")!.Created), Is.EqualTo(("b", DateTimeOffset.UnixEpoch)));

        volumes.Remove(volumes.Find("v")!);
        Assert.That((volumes.Find("v"), Directory.Exists(Path.Combine(_root, "volumes/v"))), Is.EqualTo(((VolumeRecord?)null, false)));
        Assert.That(volumes.Find("../containers"), Is.Null);
    }

    [Test]
    public void Whatever_the_umask_is_all_users_of_a_container_may_pass()
    {
        var before = Syscall.Umask(0x3f);
        try
        {
            var state = StateDirectory.Open(_root);
            var container = new ContainerStore(state).Create(Record("c1"));
            new VolumeStore(state).Ensure(new VolumeRecord { Name = "v", Created = DateTimeOffset.UnixEpoch });
            ContainerFiles.Write(container.Directory, container.Record);
            var init = Path.Combine(_root, "overlay2", container.Record.InitLayerId, "diff");
            string[] directories = [Path.Combine(_root, "volumes/v/_data"), Path.Combine(init, "etc"), Path.Combine(init, "dev/shm"), init, Path.Combine(_root, "overlay2", container.Record.LayerId, "diff")];
            string[] files = [Path.Combine(init, "etc/hosts"), .. new[] { "hosts", "hostname", "resolv.conf" }.Select(name => Path.Combine(container.Directory, name))];
            Assert.That(directories.Select(path => ModeOf(path)), Is.All.EqualTo("755"));
            Assert.That(files.Select(path => ModeOf(path)), Is.All.EqualTo("644"));
        }
        finally
        {
            Syscall.Umask(before);
        }
    }

    [Test]
    public void A_container_is_removed_whole_while_others_look_at_it_and_try_to_serve_it()
    {
        var store = new ContainerStore(StateDirectory.Open(_root));
        StoredContainer? newest = null;
        using var over = new CancellationTokenSource();
        var looking = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() =>
        {
            while (!over.IsCancellationRequested)
            {
                if (Volatile.Read(ref newest) is not { } container) continue;
                store.Read(container.Id);
                ContainerStore.TryServe(container)?.Dispose();
            }
        }, TaskCreationOptions.LongRunning)).ToArray();
        for (var i = 0; i < 200; i++)
        {
            var container = store.Create(Record($"c{i}"));
            Volatile.Write(ref newest, container);
            store.Remove(container);
        }
        over.Cancel();
        Task.WaitAll(looking);
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(_root, "containers")), Is.Empty);
    }

    [Test]
    public void An_exec_does_not_bring_back_the_directory_of_a_container_that_is_gone()
    {
        var store = new ContainerStore(StateDirectory.Open(_root));
        var container = store.Create(Record("c1"));
        store.Remove(container);
        Assert.That(() => new ExecDirectory(container), Throws.TypeOf<RefusedException>().With.Message.EqualTo("No such container: c1"));
        Assert.That(Directory.Exists(container.Directory), Is.False);
    }

    [Test]
    public void A_container_that_another_version_made_without_a_lock_is_served()
    {
        var store = new ContainerStore(StateDirectory.Open(_root));
        var container = store.Create(Record("c1"));
        File.Delete(container.LockPath);
        using var held = ContainerStore.TryServe(container);
        Assert.That((held is not null, store.Get("c1").IsServed), Is.EqualTo((true, true)));
    }

    private static string ModeOf(string path) => Syscall.Stat(path, out var status) == Errno.None ? Convert.ToString((int)status.Mode & 0x1ff, 8) : "none";

    private static ContainerRecord Record(string name) => Record(name, new RunRequest { Image = "i" });

    private static ContainerRecord Record(string name, RunRequest request)
    {
        var record = ContainerPlanTests.Plan(request);
        record.Layers = [];
        record.Name = name;
        return record;
    }
}
