using NUnit.Framework;

namespace OverlayFuse.Image.Tests;

public sealed class WebFileTests
{
    private static readonly byte[] Content = "what is there"u8.ToArray();

    [TestCase("https://a/b/c.tar?x=/y", "c.tar")]
    [TestCase("https://a/b%20c", "b c")]
    [TestCase("https://a/b/", "")]
    [TestCase("https://a", "")]
    [TestCase("https://a/b%2F..%2Fc", "")]
    public void A_file_is_called_by_the_end_of_its_address(string address, string name) => Assert.That(WebFile.NameOf(new Uri(address)), Is.EqualTo(name));

    [TestCase(false)]
    [TestCase(true)]
    public void It_is_fetched_and_is_what_it_should_be(bool isChecked)
    {
        using var scratch = new Scratch();
        using var server = new FakeRegistry { Answers = { ["/f"] = Content } };
        WebFile.Fetch(new Uri($"http://{server.Host}/f"), isChecked ? Digest.Of(Content) : null, scratch["f"]);
        Assert.That(File.ReadAllBytes(scratch["f"]), Is.EqualTo(Content));
    }

    [TestCase("/f", true, "digest mismatch sha256:")]
    [TestCase("/g", false, "the answer is 404")]
    public void What_is_not_there_or_is_something_else_leaves_no_file(string path, bool isChecked, string words)
    {
        using var scratch = new Scratch();
        using var server = new FakeRegistry { Answers = { ["/f"] = Content } };
        Assert.That(() => WebFile.Fetch(new Uri($"http://{server.Host}{path}"), isChecked ? Digest.Of("else"u8) : null, scratch["f"]), Throws.TypeOf<RefusedException>().With.Message.Contains(words));
        Assert.That(File.Exists(scratch["f"]), Is.False);
    }

    [Test]
    public void What_is_cut_short_is_refused()
    {
        using var scratch = new Scratch();
        using var server = new FakeRegistry { Answers = { ["/blobs/f"] = Content }, CutAfter = 4 };
        Assert.That(() => WebFile.Fetch(new Uri($"http://{server.Host}/blobs/f"), null, scratch["f"]), Throws.TypeOf<RefusedException>().With.Message.Contains("broke off"));
    }
}
