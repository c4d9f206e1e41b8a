using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Container.Tests;

public sealed class ProcessListTests
{
    [Test]
    public void A_process_that_it_names_is_ended()
    {
        using var place = new TemporaryPlace();
        var container = Container(place);
        var pid = Sleep();
        ProcessList.Write(container, pid);
        ProcessList.End(container);
        Assert.That(Syscall.WaitPid(pid, out var exitCode), Is.EqualTo(Errno.None));
        Assert.That(exitCode, Is.EqualTo(137));
    }

    [Test]
    public void A_later_process_of_the_same_number_is_left_alone()
    {
        using var place = new TemporaryPlace();
        var container = Container(place);
        var pid = Sleep();
        File.WriteAllText(Path.Combine(container.Directory, "processes"), $"{pid} 1\n"); // started when the machine did
        ProcessList.End(container);
        Assert.That(Syscall.Kill(pid, 0), Is.EqualTo(Errno.None));
        _ = Syscall.Kill(pid, 15);
        Assert.That(Syscall.WaitPid(pid, out var exitCode), Is.EqualTo(Errno.None));
        Assert.That(exitCode, Is.EqualTo(143));
    }

    [Test]
    public void It_is_there_from_its_first_writing_until_it_is_removed()
    {
        using var place = new TemporaryPlace();
        var container = Container(place);
        Assert.That(ProcessList.IsThere(container.Directory), Is.False);
        ProcessList.Write(container);
        Assert.That(ProcessList.IsThere(container.Directory), Is.True);
        ProcessList.Remove(container.Directory);
        ProcessList.Remove(container.Directory); // with --rm somebody was faster
        Assert.That(ProcessList.IsThere(container.Directory), Is.False);
    }

    private static StoredContainer Container(TemporaryPlace place)
    {
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i" });
        return new StoredContainer(record, new ContainerState(), place.State.Containers, IsServed: false);
    }

    private static int Sleep()
    {
        Assert.That(Syscall.Spawn(new SpawnRequest { File = "sleep"u8.ToArray(), Arguments = ["sleep"u8.ToArray(), "60"u8.ToArray()] }, out var pid), Is.EqualTo(Errno.None));
        return pid;
    }
}
