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
    public void What_ran_before_the_machine_went_down_is_nobody_now()
    {
        using var place = new TemporaryPlace();
        var container = Container(place);
        var pid = Sleep();
        ProcessList.Write(container, pid);
        var path = Path.Combine(container.Directory, "processes");
        File.WriteAllText(path, $"{Guid.NewGuid()}\n{File.ReadAllLines(path)[1]}\n");
        Directory.CreateDirectory(Path.Combine(container.RuntimeRoot, container.Id));
        ProcessList.End(container);
        Assert.That(Syscall.Kill(pid, 0), Is.EqualTo(Errno.None));
        Assert.That(Directory.Exists(container.RuntimeRoot), Is.False);
        _ = Syscall.Kill(pid, 15);
        Assert.That(Syscall.WaitPid(pid, out var exitCode), Is.EqualTo(Errno.None));
        Assert.That(exitCode, Is.EqualTo(143));
    }

    [Test]
    public void What_a_runtime_made_behind_a_killed_supervisor_is_ended()
    {
        using var place = new TemporaryPlace();
        var container = Container(place);
        ProcessList.Write(container);
        var pid = Sleep();
        var state = Directory.CreateDirectory(Path.Combine(container.RuntimeRoot, container.Id));
        var start = File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ')[19];
        File.WriteAllText(Path.Combine(state.FullName, "state.json"), $$"""{"init_process_pid":{{pid}},"init_process_start":{{start}}}""");
        ProcessList.End(container);
        Assert.That(Syscall.WaitPid(pid, out var exitCode), Is.EqualTo(Errno.None));
        Assert.That(exitCode, Is.EqualTo(137));
    }

    [TestCase("{\"init_process_pid\":")]
    [TestCase("{\"init_process_pid\":\"x\",\"init_process_start\":1}")]
    [TestCase("[]")]
    public void What_a_runtime_was_killed_in_writing_names_nobody(string text)
    {
        using var place = new TemporaryPlace();
        var container = Container(place);
        ProcessList.Write(container);
        var state = Directory.CreateDirectory(Path.Combine(container.RuntimeRoot, container.Id));
        File.WriteAllText(Path.Combine(state.FullName, "state.json"), text);
        Assert.That(() => ProcessList.End(container), Throws.Nothing);
    }

    [Test]
    public void A_runtime_that_is_still_at_work_is_ended()
    {
        using var place = new TemporaryPlace();
        var container = Container(place);
        ProcessList.Write(container);
        string[] words = ["sh", "-c", "sleep 60; :", "runc", "--root", container.RuntimeRoot, "create"];
        var request = new SpawnRequest { File = "sh"u8.ToArray(), Arguments = [.. words.Select(System.Text.Encoding.UTF8.GetBytes)] };
        Assert.That(Syscall.Spawn(request, out var pid), Is.EqualTo(Errno.None));
        Assert.That(() => File.ReadAllText($"/proc/{pid}/cmdline"), Does.EndWith("create\0").After(5000, 1)); // execve(2) lets us go on before
        ProcessList.End(container);
        Assert.That(Syscall.WaitPid(pid, out var exitCode), Is.EqualTo(Errno.None));
        Assert.That(exitCode, Is.EqualTo(137));
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
