using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>The fields in which an explanation leaves a live mount.</summary>
internal class ExplanationTextTests
{
    private static readonly Explanation Example = new()
    {
        Path = "/new/f"u8.ToArray(),
        Subject = "/new/f"u8.ToArray(),
        Outcome = Outcome.Found,
        Findings =
        [
            new LayerFinding { Layer = 0, Root = "/u"u8.ToArray(), Place = "/new/f"u8.ToArray(), Kind = LayerFindingKind.File, Part = Part.Decides, Type = FileType.Regular, Size = 9, IsMetacopy = true, Redirect = "/g"u8.ToArray() },
            new LayerFinding { Layer = 1, Root = [(byte)'/', 0xff], Place = "/old/f"u8.ToArray(), Kind = LayerFindingKind.Whiteout, Part = Part.Hidden, Whiteout = MarkForm.Oci },
            new LayerFinding { Layer = 2, Root = "/b"u8.ToArray(), Place = "/old/f"u8.ToArray(), Kind = LayerFindingKind.Unreadable, Part = Part.CutOff, Opaque = MarkForm.User, HasMarkedWhiteouts = true, Error = Errno.IO },
        ],
        Parents = [new ParentNote("/new"u8.ToArray(), ParentNoteKind.Moved, 0, "/old"u8.ToArray())],
        DataLayer = 2,
        DataRoot = "/b"u8.ToArray(),
        DataPlace = "/g"u8.ToArray(),
        IsSharedCopy = true,
        Effects = [new Effect(Deed.Write, EffectKind.Complete, 9), new Effect(Deed.Remove, EffectKind.Refused, 0, Errno.BUSY)],
    };

    private static readonly string[] Lines =
    [
        "path=/new/f", "subject=/new/f", "outcome=found", "error=0", "data.layer=2", "data.root=/b", "data.place=/g", "shared=1",
        "layer=0", "root=/u", "place=/new/f", "kind=file", "part=decides", "type=32768", "size=9", "metacopy=1", "redirect=/g",
        "layer=1", "root=/\xff", "place=/old/f", "kind=whiteout", "part=hidden", "whiteout=oci",
        "layer=2", "root=/b", "place=/old/f", "kind=unreadable", "part=cutoff", "opaque=user", "marked=1", "failure=5",
        "parent=/new", "note=moved", "by=0", "to=/old",
        "effect=write", "how=complete", "bytes=9", "refusal=0",
        "effect=remove", "how=refused", "bytes=0", "refusal=16",
    ];

    [Test]
    public void An_explanation_is_written_as_it_was() =>
        Assert.That(Encoding.Latin1.GetString(ExplanationText.Write(Example)), Is.EqualTo(string.Concat(Lines.Select(line => line + "\0"))));

    [Test]
    public void What_was_written_is_read()
    {
        var read = ExplanationText.Read(ExplanationText.Write(Example))!;
        Assert.That(ExplanationText.Write(read), Is.EqualTo(ExplanationText.Write(Example)));
        Assert.That(read.Findings[1].Root, Is.EqualTo(new byte[] { (byte)'/', 0xff }));
    }

    [Test]
    public void Fields_of_a_later_version_are_left_out()
    {
        var text = string.Concat(Lines.Select(line => line + "\0")).Replace("kind=file\0", "kind=file\0mood=good\0", StringComparison.Ordinal);
        Assert.That(ExplanationText.Write(ExplanationText.Read(Encoding.Latin1.GetBytes(text))!), Is.EqualTo(ExplanationText.Write(Example)));
    }

    [TestCase("")]
    [TestCase("path=/a\0")]
    [TestCase("subject=/a\0path=/a\0")]
    [TestCase("path=/a\0subject=/a\0outcome=fou")]
    public void What_is_no_explanation_is_not_read(string text) => Assert.That(ExplanationText.Read(Encoding.Latin1.GetBytes(text)), Is.Null);

    [Test]
    public void Changes_are_written_as_they_were_and_read()
    {
        Change[] changes = [new(ChangeKind.Added, "/n"u8.ToArray(), ChangeReason.Moved, "/o"u8.ToArray()), new(ChangeKind.Modified, "/f"u8.ToArray(), ChangeReason.Copy), new(ChangeKind.Deleted, [(byte)'/', 0xfe], ChangeReason.InOpaque)];
        var text = ChangeText.Write(changes);
        Assert.That(Encoding.Latin1.GetString(text), Is.EqualTo("A=/n\0why=moved\0from=/o\0M=/f\0why=copy\0D=/\xfe\0why=inopaque\0"));
        Assert.That(ChangeText.Write(ChangeText.Read(text)!), Is.EqualTo(text));
        Assert.That(ChangeText.Read("A=/n"u8), Is.Null);
        Assert.That(ChangeText.Read([]), Is.Empty);
    }
}
