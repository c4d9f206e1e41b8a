using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

/// <summary>The part of every layer in what a name is: for all stacks of three, told by the layers that show.</summary>
internal class DescentTests
{
    // - nothing, f file, d directory, o opaque directory, w whiteout, m covered directory; (x) outside the union's directory
    [TestCase("- - -", "None None None")]
    [TestCase("f - -", "Decides None None")]
    [TestCase("- f f", "None Decides Hidden")]
    [TestCase("f d w", "Decides Hidden Hidden")]
    [TestCase("d d d", "Decides Merges Merges")]
    [TestCase("d - d", "Decides None Merges")]
    [TestCase("d f d", "Decides Hidden Hidden")]
    [TestCase("d w d", "Decides Ends Hidden")]
    [TestCase("d o d", "Decides Merges Hidden")]
    [TestCase("o d d", "Decides Hidden Hidden")]
    [TestCase("w f d", "Ends Hidden Hidden")]
    [TestCase("w w -", "Ends Hidden None")]
    [TestCase("- w f", "None Ends Hidden")]
    [TestCase("f w f", "Decides Hidden Hidden")]
    [TestCase("m d d", "Decides Hidden Hidden")]
    [TestCase("d m d", "Decides Merges Hidden")]
    [TestCase("(f) f f", "CutOff Decides Hidden")]
    [TestCase("f (f) (-)", "Decides CutOff None")]
    [TestCase("d (d) d", "Decides CutOff Merges")]
    [TestCase("(w) - f", "CutOff None Decides")]
    public void Each_layer_has_its_part(string stack, string parts)
    {
        var descent = new Descent();
        var told = stack.Split(' ').Select(layer => descent.Take(EntryOf(layer.Trim('(', ')')), isMember: layer[0] != '(')).ToArray();
        Assert.That(string.Join(' ', told), Is.EqualTo(parts));
    }

    [Test]
    public void After_an_error_everything_further_below_is_hidden()
    {
        var descent = new Descent();
        Assert.That(descent.Take(EntryOf("d"), true), Is.EqualTo(Part.Decides));
        descent.Fail();
        Assert.That(descent.Take(EntryOf("d"), true), Is.EqualTo(Part.Hidden));
        Assert.That(descent.IsFound && descent.IsOver);
    }

    private static LayerEntry EntryOf(string letter) => new()
    {
        Kind = letter switch
        {
            "-" => EntryKind.Absent,
            "f" => EntryKind.File,
            "w" => EntryKind.Whiteout,
            _ => EntryKind.Directory,
        },
        IsOpaque = letter == "o",
        IsCovered = letter == "m",
    };
}
