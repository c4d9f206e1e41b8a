using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli.Tests;

/// <summary>Answers as people and programs read them.</summary>
public sealed class ExplanationWordsTests
{
    private static readonly LayerFinding Upper = new() { Layer = 0, Root = "/here/upper"u8.ToArray(), Place = "/d/f"u8.ToArray(), Kind = LayerFindingKind.Nothing, Part = Part.None };

    private static readonly LayerFinding Site = Upper with { Layer = 1, Root = "/here/site"u8.ToArray(), Kind = LayerFindingKind.File, Part = Part.Decides, Type = FileType.Regular, Size = 1 };

    private static readonly LayerFinding Base = Upper with { Layer = 12, Root = "/else/base"u8.ToArray(), Place = "/old/f"u8.ToArray(), Kind = LayerFindingKind.File, Part = Part.Hidden, Type = FileType.Symlink };

    private static readonly Explanation Example = new()
    {
        Path = "/d/f"u8.ToArray(),
        Subject = "/d/f"u8.ToArray(),
        Outcome = Outcome.Found,
        Findings = [Upper, Site, Base],
        Parents = [new ParentNote("/d"u8.ToArray(), ParentNoteKind.Moved, 0, "/old"u8.ToArray())],
        Effects = [new Effect(Deed.Write, EffectKind.CopyWhole, 1), new Effect(Deed.Remove, EffectKind.Refused, 0, Errno.ROFS)],
    };

    [Test]
    public void An_explanation_is_a_sentence_its_layers_its_rules_and_its_effects() => Assert.That(Tell(Example), Is.EqualTo(
        """
        /d/f is a file of layer 1 (site).
          /d carries a redirect in the upper: the layers below have it as /old.
          upper     upper       nothing
          layer 1   site        file, 1 byte              <- this one shows
          layer 12  /else/base  symbolic link, at /old/f  <- hidden by layer 1 (site)
          rule    the topmost layer that has a name decides what it is
          write   copies the whole file (1 byte) to the upper first
          rm      refused: the union has no upper to write to (EROFS)

        """));

    [Test]
    public void A_terminal_gets_colours_and_the_same_words()
    {
        var coloured = Tell(Example, Palette.Coloured);
        Assert.That(coloured, Does.Contain("\x1b[32m  layer 1   site"));
        Assert.That(System.Text.RegularExpressions.Regex.Replace(coloured, "\x1b\\[[0-9]+m", ""), Is.EqualTo(Tell(Example)));
    }

    [Test]
    public void Two_explanations_stand_apart() =>
        Assert.That(Encoding.UTF8.GetString(new ExplanationWords(Palette.Plain, "/"u8.ToArray()).Tell([Example, Example])).Split("\n\n"), Has.Length.EqualTo(2));

    [TestCase(LayerFindingKind.Whiteout, MarkForm.Device, "whiteout (character device 0:0)")]
    [TestCase(LayerFindingKind.Whiteout, MarkForm.Trusted, "whiteout (trusted.overlay.whiteout)")]
    [TestCase(LayerFindingKind.Whiteout, MarkForm.User, "whiteout (user.overlay.whiteout)")]
    [TestCase(LayerFindingKind.Whiteout, MarkForm.Oci, "whiteout (a file .wh.NAME)")]
    public void Each_form_of_a_whiteout_has_its_words(LayerFindingKind kind, MarkForm form, string words)
    {
        var text = Tell(Example with { Outcome = Outcome.Hidden, Findings = [Upper with { Kind = kind, Whiteout = form, Part = Part.Ends }, Site with { Part = Part.Hidden }] });
        Assert.That(text, Does.StartWith("/d/f does not exist: a whiteout in the upper hides it.\n").And.Contain($"{words}  <- hides what is below"));
        Assert.That(text, Does.Contain("file, 1 byte").And.Contain("<- hidden by the upper"));
    }

    [Test]
    public void Every_word_of_the_vocabulary_is_written_out()
    {
        foreach (var rule in Enum.GetValues<Rule>()) Assert.That(ExplanationWords.Words(rule), rule == Rule.BrokenIsAnError ? Does.Contain("never a guess") : Does.Not.Contain("never a guess"), rule.ToString());
        foreach (var effect in Enum.GetValues<EffectKind>().Where(kind => kind != EffectKind.Refused))
            Assert.That(Tell(Example with { Effects = [new Effect(Deed.Write, effect, 2)] }), Does.Not.Contain("refused"), effect.ToString());
    }

    [Test]
    public void Names_that_no_terminal_should_get_are_shown_as_numbers() =>
        Assert.That(Tell(Example with { Path = [(byte)'/', 0x1b, 0xff], Subject = [(byte)'/', 0x1b, 0xff] }), Does.StartWith("/\\x1b\\xff is a file"));

    [Test]
    public void Changes_are_a_line_each_with_the_reason_on_request()
    {
        Change[] changes = [new(ChangeKind.Added, "/n\n"u8.ToArray(), ChangeReason.Moved, "/o"u8.ToArray()), new(ChangeKind.Modified, "/m"u8.ToArray(), ChangeReason.Metadata), new(ChangeKind.Deleted, "/d"u8.ToArray(), ChangeReason.Whiteout)];
        Assert.That(Encoding.UTF8.GetString(ChangesVerb.ForPeople(changes, why: false)), Is.EqualTo("A /n\\x0a\nM /m\nD /d\n"));
        Assert.That(Encoding.UTF8.GetString(ChangesVerb.ForPeople(changes, why: true)), Is.EqualTo("A /n\\x0a  (moved from /o)\nM /m  (metadata only)\nD /d  (whiteout)\n"));
        Assert.That(Encoding.UTF8.GetString(ChangesVerb.ForPrograms(changes)), Is.EqualTo("A /n\n\0M /m\0D /d\0"));
    }

    [Test]
    public void Programs_get_words_and_paths_as_strings()
    {
        using var document = System.Text.Json.JsonDocument.Parse(Json.Of([Example with { Path = [(byte)'/', 0xff] }]));
        var told = document.RootElement[0];
        Assert.That(told.GetProperty("path").GetProperty("base64").GetBytesFromBase64(), Is.EqualTo(new byte[] { (byte)'/', 0xff }));
        Assert.That(told.GetProperty("subject").GetString(), Is.EqualTo("/d/f"));
        Assert.That(told.GetProperty("outcome").GetString(), Is.EqualTo("found"));
        Assert.That(told.GetProperty("rules")[0].GetString(), Is.EqualTo("topmostDecides"));
        Assert.That(told.GetProperty("layers")[1].GetRawText().Replace("\n", "").Replace(" ", ""),
            Is.EqualTo("""{"layer":1,"root":"/here/site","place":"/d/f","kind":"file","part":"decides","type":"regular","size":1}"""));
        Assert.That(told.GetProperty("effects")[1].GetProperty("refusal").GetString(), Does.Contain("EROFS"));
        Assert.That(Encoding.UTF8.GetString(Json.Of([new Change(ChangeKind.Added, "/n"u8.ToArray(), ChangeReason.Moved, "/o"u8.ToArray())])).Replace("\n", "").Replace(" ", ""),
            Is.EqualTo("""[{"change":"A","path":"/n","why":"moved","from":"/o"}]"""));
    }

    private static string Tell(Explanation explanation, Palette? palette = null) =>
        Encoding.UTF8.GetString(new ExplanationWords(palette ?? Palette.Plain, "/here"u8.ToArray()).Tell([explanation]));
}
