using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

public sealed class LimitsTests
{
    [TestCase(null, 0)]
    [TestCase("0", 0)]
    [TestCase("64m", 64L << 20)]
    [TestCase("1G", 1L << 30)]
    [TestCase("6291456b", 6L << 20)]
    [TestCase("1.5g", 3L << 29)]
    [TestCase("512MB", 512L << 20)]
    [TestCase("64 MiB", 64L << 20)]
    [TestCase("2t", 2L << 40)]
    public void Memory_is_a_size(string? text, long expected) => Assert.That(Limits.Memory(text), Is.EqualTo(expected));

    [TestCase("1m", "Minimum memory limit allowed is 6MB.")]
    [TestCase("much", "invalid size: 'much'")]
    [TestCase("-5m", "invalid size: '-5m'")]
    [TestCase("64mm", "invalid size: '64mm'")]
    [TestCase("64bb", "invalid size: '64bb'")]
    [TestCase("9999999999g", "invalid size: '9999999999g'")]
    public void What_is_no_size_or_too_little_is_refused(string text, string words) =>
        Assert.That(() => Limits.Memory(text), Throws.TypeOf<RefusedException>().With.Message.Contains(words));

    [TestCase(null, 64L << 20)]
    [TestCase("0", 64L << 20)]
    [TestCase("1m", 1L << 20)]
    public void Shared_memory_is_64_MiB_unless_it_is_said(string? text, long expected) => Assert.That(Limits.SharedMemory(text), Is.EqualTo(expected));

    [Test]
    public void Shared_memory_that_is_no_size_is_refused() =>
        Assert.That(() => Limits.SharedMemory("big"), Throws.TypeOf<RefusedException>().With.Message.EqualTo("invalid argument \"big\" for \"--shm-size\" flag: invalid size: 'big'"));

    [TestCase("1.5", 1_500_000_000)]
    [TestCase("0.01", 10_000_000)]
    public void Processors_are_a_fraction_of_those_that_are_there(string text, long expected) => Assert.That(Limits.NanoCpus(text, available: 2), Is.EqualTo(expected));

    [TestCase("3", "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available.")]
    [TestCase("x", "failed to parse x as a rational number")]
    public void More_than_there_are_is_refused(string text, string words) =>
        Assert.That(() => Limits.NanoCpus(text, available: 2), Throws.TypeOf<RefusedException>().With.Message.Contains(words));

    [Test]
    public void Limits_reach_the_bundle_of_root_as_docker_sets_them()
    {
        var record = ContainerPlanTests.Plan(new RunRequest { Image = "i", Memory = "64m", Cpus = "0.5", PidsLimit = 20 });
        var resources = new RuntimeSpec(record, RuntimeSpecTests.Root).Write("/m", "/f", new UserLookup(0, 0, [], "/"))["linux"]!["resources"]!;
        Assert.That((long)resources["memory"]!["limit"]!, Is.EqualTo(64L << 20));
        Assert.That((long)resources["pids"]!["limit"]!, Is.EqualTo(20));
        Assert.That((long)resources["memory"]!["swap"]!, Is.EqualTo(128L << 20));
        Assert.That((long)resources["cpu"]!["quota"]! / (double)(long)resources["cpu"]!["period"]!, Is.EqualTo(0.5));
    }
}
