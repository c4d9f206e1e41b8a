using NUnit.Framework;

namespace OverlayFuse.Container.Tests;

public sealed class ContainerUsersTests
{
    [Test]
    public void Several_use_the_files_of_a_container_and_who_unmounts_them_waits_for_all()
    {
        using var place = new TemporaryPlace();
        var container = new StoredContainer(ContainerPlanTests.Plan(new RunRequest { Image = "i" }), new ContainerState(), place.State.Containers, IsServed: false);
        using (ContainerUsers.Join(container))
        {
            ContainerUsers.Join(container).Dispose();
            Assert.That((ContainerUsers.AreThere(container), ContainerUsers.TryExclude(container)), Is.EqualTo((true, (Image.StateLock?)null)));
        }
        Assert.That(ContainerUsers.AreThere(container), Is.False);
        using var alone = ContainerUsers.TryExclude(container);
        Assert.That(alone, Is.Not.Null);
    }
}
