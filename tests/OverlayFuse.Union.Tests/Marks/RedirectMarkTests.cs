using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class RedirectMarkTests
{
    [TestCase("name", false, "name")]
    [TestCase("...", false, "...")]
    [TestCase("a b\n\xff", false, "a b\n\xff")]
    [TestCase("/a", true, "a")]
    [TestCase("/a/b/c", true, "a|b|c")]
    [TestCase("/a/..b/.c", true, "a|..b|.c")]
    public void A_redirect_is_a_name_or_an_absolute_path(string value, bool isAbsolute, string components)
    {
        var bytes = Encoding.Latin1.GetBytes(value);
        Assert.That(RedirectMark.Parse(bytes, out var absolute), Is.EqualTo(Errno.None));
        Assert.That(absolute, Is.EqualTo(isAbsolute));

        var found = new List<string>();
        foreach (var component in RedirectMark.Components(bytes)) found.Add(Encoding.Latin1.GetString(component));
        Assert.That(string.Join('|', found), Is.EqualTo(components));
    }

    [TestCase("")]
    [TestCase("/")]
    [TestCase("//a")]
    [TestCase("/a//b")]
    [TestCase("/a/")]
    [TestCase("a/b")]
    [TestCase("a/")]
    [TestCase("../a")]
    [TestCase("/..//b")]
    [TestCase("a\0b")]
    [TestCase("/a\0")]
    public void What_is_neither_is_refused(string value) =>
        Assert.That(RedirectMark.Parse(Encoding.Latin1.GetBytes(value), out _), Is.EqualTo(Errno.INVAL));

    [TestCase(".")]
    [TestCase("..")]
    [TestCase("/.")]
    [TestCase("/a/../b")]
    public void Dots_are_refused_as_the_kernel_refuses_to_look_them_up(string value) =>
        Assert.That(RedirectMark.Parse(Encoding.Latin1.GetBytes(value), out _), Is.EqualTo(Errno.ACCES));

    [Test]
    public void A_redirect_is_read_up_to_the_longest_path()
    {
        var value = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("/abcdefg", 511)) + "/abcdef");
        Assert.That(value, Has.Length.EqualTo(RedirectMark.MaxReadLength));
        Assert.That(RedirectMark.Parse(value, out _), Is.EqualTo(Errno.None));
        Assert.That(RedirectMark.Parse([.. value, (byte)'x'], out _), Is.EqualTo(Errno.INVAL));
    }
}
