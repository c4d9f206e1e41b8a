using NUnit.Framework;

namespace OverlayFuse.Container.Tests;

public sealed class ContainerRunTests
{
    [Test]
    public void Who_waits_for_a_run_does_not_wait_for_the_next_and_reads_its_code_though_the_file_is_gone()
    {
        using var place = new TemporaryPlace();
        var container = new StoredContainer(ContainerPlanTests.Plan(new RunRequest { Image = "i" }), new ContainerState(), place.State.Containers, IsServed: false);
        Assert.That(ContainerRun.Latest(container), Is.Null);
        var first = ContainerRun.Begin(container);
        using var awaited = ContainerRun.Latest(container)!;
        var waiting = Task.Run(awaited.Wait);
        Assert.That(awaited.IsOver(TimeSpan.FromMilliseconds(50)), Is.False);

        first.Leave(7);
        using var next = ContainerRun.Begin(container);
        first.Dispose();
        Assert.That(waiting.Wait(TimeSpan.FromSeconds(20)), Is.True);
        Assert.That((waiting.Result, awaited.IsOver()), Is.EqualTo(((int?)7, true)));
        using var latest = ContainerRun.Latest(container)!;
        Assert.That(latest.IsOver(), Is.False);
    }
}
