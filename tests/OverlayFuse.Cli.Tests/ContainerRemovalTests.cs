using NUnit.Framework;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli.Tests;

public sealed class ContainerRemovalTests
{
    private string _root = "";

    [SetUp]
    public void MakeRoot() => _root = Directory.CreateTempSubdirectory("overlayfuse-").FullName;

    [TearDown]
    public void RemoveRoot() => LayerStore.Discard(_root);

    [Test]
    public void A_container_that_somebody_has_started_since_it_was_listed_is_left_and_prune_goes_on()
    {
        var store = new ContainerStore(StateDirectory.Open(_root));
        var record = InspectTests.Container().Record;
        record.Layers = [];
        var container = store.Create(record);
        using (StateLock.Take(container.LockPath)) Assert.That(new ContainerRemoval(store).TryRemove(container, withVolumes: false), Is.False);
        Assert.That((new ContainerRemoval(store).TryRemove(container, withVolumes: false), store.All().Count), Is.EqualTo((true, 0)));
    }
}
