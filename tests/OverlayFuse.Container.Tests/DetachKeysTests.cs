using System.Text;
using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

/// <summary>--detach-keys, and what of what is typed reaches the container.</summary>
public sealed class DetachKeysTests
{
    [TestCase(null, "ls\r", "ls\r", false)]
    [TestCase("", "\x10\x11", "", true)]
    [TestCase(null, "a\x10\x11rest", "a", true)]
    [TestCase(null, "\x10", "", false)]
    [TestCase(null, "\x10x\x11", "\x10x\x11", false)]
    [TestCase(null, "\x10\x10\x11", "\x10", true)]
    [TestCase("q", "ls q", "ls ", true)]
    [TestCase("ctrl-@,ctrl-[,ctrl-_,DEL,ctrl-Z", "\0\x1b\x1f\x7f\x1a", "", true)]
    [TestCase("a,a,b", "aaxaab", "aax", true)]
    public void Keys_that_detach_do_not_reach_the_container_and_others_do(string? keys, string typed, string passed, bool isLeft)
    {
        foreach (var step in new[] { 1, typed.Length })
        {
            var on = new MemoryStream();
            var left = false;
            var detach = DetachKeys.Parse(keys);
            foreach (var piece in Encoding.Latin1.GetBytes(typed).Chunk(step)) left = left || detach.Pass(piece, on);
            Assert.That((Encoding.Latin1.GetString(on.ToArray()), left), Is.EqualTo((passed, isLeft)), $"{step} at once");
        }
    }

    [TestCase("ctrl-1")]
    [TestCase("foo")]
    [TestCase("a,,b")]
    [TestCase("ä")]
    public void What_is_no_key_is_refused_in_dockers_words(string keys) =>
        Assert.That(() => DetachKeys.Parse(keys, 125), Throws.TypeOf<RefusedException>().With.Message.EqualTo($"Invalid detach keys ({keys}) provided").And.Property("ExitCode").EqualTo(125));
}
