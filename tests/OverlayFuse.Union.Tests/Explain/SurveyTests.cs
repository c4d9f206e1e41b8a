using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

/// <summary>What a live union and the same layers unmounted say of a path: each layer, the parts, the rules.</summary>
internal class SurveyTests
{
    [TestCase("the topmost file", "lower1  f = \"12\"  lower2  f = \"1\"", "f", "Found [TopmostDecides] - File:Decides File:Hidden")]
    [TestCase("a whiteout device", "upper  f whiteout  lower2  f = \"1\"", "f", "Hidden [WhiteoutHides] Whiteout(Device):Ends - File:Hidden")]
    [TestCase("an OCI whiteout", "lower1  d/.wh.f = \"\"  lower2  d/f = \"1\"", "d/f", "Hidden [WhiteoutHides] NoDirectory Whiteout(Oci):Ends File:Hidden")]
    [TestCase("a marked whiteout", "lower1  d/f marked-whiteout  lower2  d/f = \"1\"", "d/f", "Hidden [WhiteoutHides] NoDirectory Whiteout(Mark):Ends File:Hidden")]
    [TestCase("an opaque directory", "upper  d/ opaque  lower1  d/f = \"1\"", "d", "Found [TopmostDecides, OpaqueEndsMerging] Directory(opaque Mark):Decides Directory:Hidden -")]
    [TestCase("beneath an opaque directory", "upper  d/ opaque  lower1  d/f = \"1\"", "d/f", "Absent [OnlyMembersCount] - File:CutOff NoDirectory; /d Opaque by 0")]
    [TestCase("an OCI opaque directory", "lower1  d/.wh..wh..opq = \"\"  lower2  d/f = \"1\"", "d", "Found [TopmostDecides, OpaqueEndsMerging] - Directory(opaque Oci):Decides Directory:Hidden")]
    [TestCase("a directory of fuse-overlayfs", "upper  d/ opaque=fuse  lower2  d/f = \"1\"", "d", "Found [TopmostDecides, OpaqueEndsMerging] Directory(opaque FuseOverlayFs):Decides - Directory:Hidden")]
    [TestCase("a moved directory", "upper  new/ redirect=\"/old\"  lower1  old/f = \"1\"", "new", "Found [DirectoriesMerge, RedirectLeads] Directory(to /old):Decides Directory@/old:Merges @/old")]
    [TestCase("beneath a moved directory", "upper  new/ redirect=\"/old\"  lower2  old/f = \"1\"", "new/f", "Found [TopmostDecides] - NoDirectory@/old/f File@/old/f:Decides; /new Moved to /old by 0")]
    [TestCase("a directory renamed in its place", "upper  d/new/ redirect=\"old\"  lower1  d/old/f = \"1\"", "d/new/f", "Found [TopmostDecides] - File@/d/old/f:Decides NoDirectory@/d/old/f; /d/new Moved to old by 0")]
    [TestCase("a metacopy", "upper  f metacopy(3)  lower2  f = \"123\"", "f", "Found [TopmostDecides, MetacopyReadsBelow] File(metacopy):Decides - File:Hidden; bytes 2 /f")]
    [TestCase("a moved metacopy", "upper  g metacopy(3) redirect=\"/d/f\"  lower2  d/f = \"123\"", "g", "Found [TopmostDecides, MetacopyReadsBelow, RedirectLeads] File(metacopy to /d/f):Decides - -; bytes 2 /d/f")]
    [TestCase("a metacopy without its bytes", "upper  f metacopy(3)", "f", "Found [TopmostDecides, MetacopyReadsBelow] File(metacopy):Decides - -; IO")]
    [TestCase("a file beneath a directory", "upper  d/a = \"1\"  lower1  d = \"1\"  lower2  d/f = \"1\"", "d", "Found [TopmostDecides, FileEndsMerging] Directory:Decides File:Hidden Directory:Hidden")]
    [TestCase("beneath a file beneath a directory", "upper  d/a = \"1\"  lower1  d = \"1\"  lower2  d/f = \"1\"", "d/f", "Absent [OnlyMembersCount] - NoDirectory File:CutOff; /d File by 1")]
    [TestCase("directories kept apart", "upper  d/a = \"1\"  lower1  d whiteout  lower2  d/f = \"1\"", "d", "Found [TopmostDecides, WhiteoutEndsMerging] Directory:Decides Whiteout(Device):Ends Directory:Hidden")]
    [TestCase("a name that no layer has", "lower1  f = \"1\"", "g", "Absent [NothingIsNothing] - - -")]
    [TestCase("beneath what does not exist", "upper  d whiteout  lower1  d/e/f = \"1\"", "d/e/f", "Hidden [WhiteoutHides] Whiteout(Device):Ends Directory:Hidden -; subject /d")]
    [TestCase("beneath a file", "lower1  f = \"1\"", "f/g", "NotDirectory [OnlyDirectoriesLead] - File:Decides -; subject /f")]
    [TestCase("beneath a link", "lower1  l -> \"d\"  d/f = \"1\"", "l/f", "NotDirectory [OnlyDirectoriesLead] - File:Decides -; subject /l")]
    [TestCase("a reserved name", "lower1  f = \"1\"", ".wh.f", "Reserved [NamesAreReserved] ")]
    [TestCase("a broken mark", "upper  d/ opaque=broken  lower1  d/f = \"1\"", "d", "Broken [BrokenIsAnError] Unreadable:Fails Directory:Hidden -; IO")]
    [TestCase("a broken redirect", "upper  d/ redirect=\"a//b\"  lower1  d/f = \"1\"", "d/f", "Broken [BrokenIsAnError] Unreadable:Fails Directory:Hidden -; subject /d; INVAL")]
    [TestCase("the root", "lower1  f = \"1\"", "", "Found [DirectoriesMerge] Directory:Decides Directory:Merges Directory:Merges")]
    public void A_path(string title, string layers, string path, string expected)
    {
        Assert.That(title, Is.Not.Empty);
        using var union = new TestUnion(2);
        foreach (var (layer, text) in LayersOf(layers)) union.With(layer, text);
        using (var unmounted = Unmounted(union)) Assert.That(Summary(unmounted, path), Is.EqualTo(expected), "unmounted");
        union.Open();
        Assert.That(Summary(Live(union, path)), Is.EqualTo(expected), "live");
        Assert.That(union.Lowers(), Is.EqualTo(union.LowersBefore), "the lower layers");
    }

    [Test]
    public void Another_name_of_a_changed_file_shares_its_copy()
    {
        using var union = new TestUnion(1).With("lower1", "a = \"1\"  b is a").Open();
        Assert.That(Live(union, "b"), Has.Property("IsSharedCopy").False);
        Assert.That(union.Kernel.Find("b", out _) | union.Kernel.Write("a", "22"u8), Is.EqualTo(Linux.Errno.None));
        union.Kernel.ForgetAll();
        System.IO.File.Delete($"{union.Upper}/b"); // as if b had never been looked up
        var explanation = Live(union, "b");
        Assert.That(explanation, Has.Property("IsSharedCopy").True);
        Assert.That(explanation.Rules, Does.Contain(Rule.NamesShareCopy));
    }

    [Test]
    public void Paths_that_lead_out_of_the_union_are_refused()
    {
        using var union = new TestUnion(1).With("lower1", "d/f = \"1\"").Open();
        foreach (var path in new[] { "..", "d/../../x", "d/..", "../lower1/d" })
            Assert.That(Ask(union, Encoding.UTF8.GetBytes(path), out _), Is.EqualTo(Linux.Errno.INVAL), path);
        Assert.That(Ask(union, "a\0b"u8.ToArray(), out _), Is.EqualTo(Linux.Errno.INVAL));
        Assert.That(Ask(union, Encoding.UTF8.GetBytes(new string('n', 256)), out _), Is.EqualTo(Linux.Errno.NAMETOOLONG));
    }

    [Test]
    public void Nothing_stays_open_after_an_explanation()
    {
        using var union = new TestUnion(2).With("lower1", "a/b/c/f = \"1\"").With("lower2", "a/b/c/g = \"1\"").Open();
        _ = Live(union, "a/b/c/f");
        var before = Directory.GetFiles("/proc/self/fd").Length;
        for (var i = 0; i < 20; i++) _ = Live(union, "a/b/c/f");
        Assert.That(Directory.GetFiles("/proc/self/fd"), Has.Length.LessThan(before + 10));
    }

    internal static UnmountedUnion Unmounted(TestUnion union) =>
        new(Enumerable.Range(1, union.LowerCount).Select(i => Encoding.UTF8.GetBytes($"{union.Path}/lower{i}")), [], Encoding.UTF8.GetBytes(union.Upper),
            Encoding.UTF8.GetBytes($"{union.Path}/work"), readOnly: false);

    internal static Explanation Live(TestUnion union, string path)
    {
        Assert.That(Ask(union, Encoding.UTF8.GetBytes(path), out var answer), Is.EqualTo(Linux.Errno.None));
        return ExplanationText.Read(answer)!;
    }

    internal static Linux.Errno Ask(TestUnion union, byte[] path, out byte[] answer) => ControlServerTests.Ask(union.Union, ControlKind.Explain, path, out answer);

    private static string Summary(UnmountedUnion union, string path)
    {
        Assert.That(union.Explain(Encoding.UTF8.GetBytes(path), out var explanation), Is.EqualTo(Linux.Errno.None));
        return Summary(explanation!);
    }

    private static string Summary(Explanation explanation)
    {
        var text = $"{explanation.Outcome} [{string.Join(", ", explanation.Rules)}] {string.Join(' ', explanation.Findings.Select(finding => Summary(finding, explanation)))}";
        if (!explanation.Subject.AsSpan().SequenceEqual(explanation.Path)) text += $"; subject {Encoding.UTF8.GetString(explanation.Subject)}";
        foreach (var note in explanation.Parents) text += $"; {Encoding.UTF8.GetString(note.Path)} {note.Kind}{(note.Redirect is { } to ? $" to {Encoding.UTF8.GetString(to)}" : "")} by {note.Layer}";
        if (explanation.DataLayer >= 0) text += $"; bytes {explanation.DataLayer} {Encoding.UTF8.GetString(explanation.DataPlace!)}";
        return explanation.Error == Linux.Errno.None ? text : $"{text}; {explanation.Error}";
    }

    private static string Summary(LayerFinding finding, Explanation explanation)
    {
        var kind = finding.Kind == LayerFindingKind.Nothing ? finding.Place.AsSpan().SequenceEqual(explanation.Subject) ? "-" : "" : finding.Kind.ToString();
        List<string> marks = [];
        if (finding.Whiteout != MarkForm.None) marks.Add(Form(finding.Whiteout));
        if (finding.Opaque != MarkForm.None) marks.Add($"opaque {Form(finding.Opaque)}");
        if (finding.IsMetacopy) marks.Add("metacopy");
        if (finding.Redirect is { } redirect) marks.Add($"to {Encoding.UTF8.GetString(redirect)}");
        var place = finding.Place.AsSpan().SequenceEqual(explanation.Subject) ? "" : $"@{Encoding.UTF8.GetString(finding.Place)}";
        return $"{kind}{(marks.Count > 0 ? $"({string.Join(' ', marks)})" : "")}{place}{(finding.Part == Part.None ? "" : $":{finding.Part}")}";
    }

    // Trusted as root, user otherwise.
    private static string Form(MarkForm form) => form is MarkForm.Trusted or MarkForm.User ? "Mark" : form.ToString();

    private static IEnumerable<(string, string)> LayersOf(string text)
    {
        foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(text, @"(upper|lower\d)  (.*?)(?=  (?:upper|lower\d)  |$)"))
            yield return (match.Groups[1].Value, match.Groups[2].Value);
    }
}
