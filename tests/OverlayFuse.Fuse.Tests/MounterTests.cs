using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Fuse.Tests;

internal class MounterTests
{
    [TestCase("fuse.overlayfuse", "none", true)]
    [TestCase("fuse.fuse-overlayfs", "overlay", true)]
    [TestCase("fuse", "fuse-overlayfs", true)]
    [TestCase("fuse", "sshfs", false)]
    [TestCase("fuse.sshfs", "fuse-overlayfs", false, Description = "anybody may call a source so")]
    [TestCase("overlay", "overlay", false)]
    public void A_union_is_known_by_its_type(string type, string source, bool isUnion) =>
        Assert.That(OverlayType.IsUnion(type, Encoding.UTF8.GetBytes(source)), Is.EqualTo(isUnion));

    [TestCase("", "fd=5")]
    [TestCase("context=\"s0:c1,c2\"", "fd=5,context=\"s0:c1,c2\"")]
    public void Labels_come_behind_our_own_options(string labels, string expected) =>
        Assert.That(Encoding.ASCII.GetString(Mounter.Data(new MountRequest { MountPoint = "/m"u8.ToArray(), Labels = Encoding.ASCII.GetBytes(labels) }, "fd=5")), Is.EqualTo(expected));
}
