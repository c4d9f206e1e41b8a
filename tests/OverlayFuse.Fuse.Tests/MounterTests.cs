using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Fuse.Tests;

internal class MounterTests
{
    [TestCase("", "fd=5")]
    [TestCase("context=\"s0:c1,c2\"", "fd=5,context=\"s0:c1,c2\"")]
    public void Labels_come_behind_our_own_options(string labels, string expected) =>
        Assert.That(Encoding.ASCII.GetString(Mounter.Data(
            new MountRequest { MountPoint = "/m"u8.ToArray(), Source = "none"u8.ToArray(), Subtype = "none", Labels = Encoding.ASCII.GetBytes(labels) }, "fd=5")), Is.EqualTo(expected));
}
