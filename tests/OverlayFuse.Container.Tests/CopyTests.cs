using System.Text;
using NUnit.Framework;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container.Tests;

public sealed class CopyTests
{
    // Source: file, dir, or dir/. (contents); target: missing, missing without a directory, file, dir; a slash at its end or none.
    [TestCase("file", "missing", false, CopyPlan.AsTarget)]
    [TestCase("file", "file", false, CopyPlan.AsTarget)]
    [TestCase("file", "dir", false, CopyPlan.IntoTarget)]
    [TestCase("file", "dir", true, CopyPlan.IntoTarget)]
    [TestCase("dir", "missing", false, CopyPlan.AsTarget)]
    [TestCase("dir", "missing", true, CopyPlan.AsTarget)]
    [TestCase("dir", "dir", false, CopyPlan.IntoTarget)]
    [TestCase("contents", "missing", false, CopyPlan.AsTarget)]
    [TestCase("contents", "dir", true, CopyPlan.ContentsIntoTarget)]
    public void A_copy_goes_where_docker_puts_it(string source, string target, bool hasSlash, CopyPlan expected) => Assert.That(CopyRules.For(Facts(source, target, hasSlash), "t"), Is.EqualTo(expected));

    [TestCase("file", "missing", true, "no such directory")]
    [TestCase("file", "lost", false, "no such directory")]
    [TestCase("file", "file", true, "not a directory")]
    [TestCase("dir", "file", false, "cannot copy directory")]
    [TestCase("contents", "file", false, "cannot copy directory")]
    public void What_makes_no_sense_is_refused(string source, string target, bool hasSlash, string words) =>
        Assert.That(() => CopyRules.For(Facts(source, target, hasSlash), "t"), Throws.TypeOf<RefusedException>().With.Message.Contains(words));

    [TestCase("c1:/a/b", "c1", "/a/b")]
    [TestCase("c1:rel", "c1", "rel")]
    [TestCase("./c1:a", null, null)]
    [TestCase("/c1:a", null, null)]
    [TestCase("dir/c1:a", null, null)]
    [TestCase("plain", null, null)]
    [TestCase(":a", null, null)]
    public void A_word_with_a_colon_names_a_container_unless_it_is_a_path(string word, string? container, string? path)
    {
        var split = CopyPath.Split(Encoding.UTF8.GetBytes(word));
        Assert.That((split?.Container, split is { } inside ? Encoding.UTF8.GetString(inside.Path) : null), Is.EqualTo((container, path)));
    }

    [TestCase("/a/b", "b", false, false)]
    [TestCase("a/", "a", false, true)]
    [TestCase("a/.", "a", true, true)]
    [TestCase(".", ".", true, true)]
    [TestCase("/", ".", false, true)]
    [TestCase("a/..", ".", false, false)]
    public void A_path_says_what_is_meant_by_its_end(string path, string name, bool isContents, bool meansDirectory)
    {
        var parsed = CopyPath.Parse(Encoding.UTF8.GetBytes(path));
        Assert.That((Encoding.UTF8.GetString(parsed.Name), parsed.IsContents, parsed.MeansDirectory), Is.EqualTo((name, isContents, meansDirectory)));
    }

    [Test]
    public void What_is_not_read_to_its_end_is_no_copy()
    {
        var place = Directory.CreateTempSubdirectory("overlayfuse-test-").FullName;
        Assert.That(Syscall.Open(place, OpenFlags.ReadOnly | OpenFlags.Directory, out var root), Is.EqualTo(Errno.None));
        using var applier = new LayerApplier(new DirFd(root.Number));
        Assert.That(() => TreeCopy.Run(archive =>
        {
            archive.Content(new byte[512]);
            archive.Write(new TarEntry { Name = "f"u8.ToArray() }, new byte[1 << 20]);
        }, applier), Throws.TypeOf<InvalidDataException>().With.Message.Contains("goes on behind its end"));
        root.Close();
        Directory.Delete(place);
    }

    private static CopyFacts Facts(string source, string target, bool hasSlash) => new()
    {
        SourceIsDirectory = source is "dir" or "contents",
        ContentsOnly = source == "contents",
        TargetExists = target is "file" or "dir",
        TargetIsDirectory = target == "dir",
        TargetMeansDirectory = hasSlash,
        TargetHasParent = target != "lost",
    };
}
