using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class OverlayTypeTests
{
    [TestCase("fuse.overlayfuse", "none", true)]
    [TestCase("fuse.fuse-overlayfs", "overlay", true)]
    [TestCase("fuse", "fuse-overlayfs", true)]
    [TestCase("fuse", "sshfs", false)]
    [TestCase("fuse.sshfs", "fuse-overlayfs", false, Description = "anybody may call a source so")]
    [TestCase("overlay", "overlay", false)]
    public void A_union_is_known_by_its_type(string type, string source, bool isUnion) =>
        Assert.That(OverlayType.IsUnion(type, Encoding.UTF8.GetBytes(source)), Is.EqualTo(isUnion));
}
