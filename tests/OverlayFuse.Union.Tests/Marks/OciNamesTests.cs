using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

internal class OciNamesTests
{
    [TestCase("file", OciNameKind.Ordinary, "")]
    [TestCase(".wh", OciNameKind.Ordinary, "")]
    [TestCase(".whfile", OciNameKind.Ordinary, "")]
    [TestCase("x.wh.file", OciNameKind.Ordinary, "")]
    [TestCase(".wh.file", OciNameKind.Whiteout, "file")]
    [TestCase(".wh..hidden", OciNameKind.Whiteout, ".hidden")]
    [TestCase(".wh....", OciNameKind.Whiteout, "...")]
    [TestCase(".wh.\xff", OciNameKind.Whiteout, "\xff")]
    [TestCase(".wh..wh..opq", OciNameKind.OpaqueMarker, "")]
    [TestCase(".wh..wh..opq2", OciNameKind.Ignored, "")]
    [TestCase(".wh..wh.aufs", OciNameKind.Ignored, "")]
    [TestCase(".wh..wh.plnk", OciNameKind.Ignored, "")]
    [TestCase(".wh..wh.orph", OciNameKind.Ignored, "")]
    [TestCase(".wh..wh.", OciNameKind.Ignored, "")]
    [TestCase(".wh.", OciNameKind.Invalid, "")]
    [TestCase(".wh..", OciNameKind.Invalid, "")]
    [TestCase(".wh...", OciNameKind.Invalid, "")]
    public void Reserved_names_are_told_apart(string name, OciNameKind kind, string hidden)
    {
        var bytes = Encoding.Latin1.GetBytes(name);
        Assert.That(OciNames.Classify(bytes), Is.EqualTo(kind));
        Assert.That(OciNames.IsWhiteout(bytes, out var hiddenName), Is.EqualTo(kind == OciNameKind.Whiteout));
        Assert.That(Encoding.Latin1.GetString(hiddenName), Is.EqualTo(hidden));
        Assert.That(OciNames.IsOpaqueMarker(bytes), Is.EqualTo(kind == OciNameKind.OpaqueMarker));
    }
}
