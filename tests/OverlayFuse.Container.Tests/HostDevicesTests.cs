using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

public sealed class HostDevicesTests
{
    [Test]
    public void A_device_is_what_its_path_leads_to()
    {
        using var place = new TemporaryPlace();
        var link = Path.Combine(place.State.Root, "link");
        File.CreateSymbolicLink(link, "/dev/zero");
        var found = HostDevices.Find(ContainerPlanTests.Plan(new RunRequest { Image = "i", Devices = [$"{link}:/dev/other:r"] })).Single();
        Assert.That((found.Source, found.Path, found.Type, found.Major, found.Minor, found.Access), Is.EqualTo(("/dev/zero", "/dev/other", "c", 1u, 5u, "r")));
    }

    [TestCase("/dev/nosuch", "no such file or directory")]
    [TestCase("/etc/passwd", "not a device node")]
    public void What_is_no_device_is_refused_in_dockers_words(string path, string why) =>
        Assert.That(
            () => HostDevices.Find(ContainerPlanTests.Plan(new RunRequest { Image = "i", Devices = [path] })),
            Throws.TypeOf<RefusedException>().With.Message.StartWith($"error gathering device information while adding custom device \"{path}\": ").And.Message.Contains(why).IgnoreCase);

    [Test]
    public void A_privileged_container_gets_those_of_the_host_that_it_has_not_anyway() =>
        Assert.That(HostDevices.Find(ContainerPlanTests.Plan(new RunRequest { Image = "i", Privileged = true })).Select(node => node.Path), Does.Not.Contain("/dev/null").And.Unique);
}
