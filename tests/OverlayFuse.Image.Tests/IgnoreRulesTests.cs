using NUnit.Framework;

namespace OverlayFuse.Image.Tests;

public sealed class IgnoreRulesTests
{
    [TestCase("*.md", "a.md", true)]
    [TestCase("*.md", "sub/a.md", false)]
    [TestCase("**/*.md", "a.md", true)]
    [TestCase("**/*.md", "x/y/a.md", true)]
    [TestCase("skip", "skip/deep/file", true)]
    [TestCase("/skip/", "skip/file", true)]
    [TestCase("skip", "skipped", false)]
    [TestCase("*/temp*", "a/temporary", true)]
    [TestCase("*/temp*", "temporary", false)]
    [TestCase("*\n!keep", "keep", false)]
    [TestCase("*\n!keep", "other", true)]
    [TestCase("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true)]
    [TestCase("*.md\n!README*.md\nREADME-secret.md", "README-open.md", false)]
    [TestCase("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false)]
    [TestCase("dir\n!dir/keep", "dir/keep", false)]
    [TestCase("dir\n!dir/keep", "dir/other", true)]
    [TestCase("a/**/z", "a/z", true)]
    [TestCase("a/**/z", "a/b/c/z", true)]
    [TestCase("# no rule\n\n  temp?  ", "temp1", true)]
    [TestCase("temp?", "temp12", false)]
    [TestCase("[a-c]x", "bx", true)]
    [TestCase("[^a-c]x", "bx", false)]
    [TestCase("\\*", "a", false)]
    [TestCase("\\*", "*", true)]
    [TestCase("[a", "[a", false)]
    public void The_last_rule_that_fits_decides(string rules, string path, bool isExcluded) => Assert.That(new IgnoreRules(rules).Excludes(path), Is.EqualTo(isExcluded));

    [Test]
    public void The_key_of_a_step_changes_with_each_of_its_parts_and_tells_them_apart()
    {
        string[] keys =
        [
            CacheKey.For("p", "RUN a", []).Hex,
            CacheKey.For("q", "RUN a", []).Hex,
            CacheKey.For("p", "RUN b", []).Hex,
            CacheKey.For("p", "RUN a", ["x"]).Hex,
            CacheKey.For("p", "RUN a", ["x", "y"]).Hex,
            CacheKey.For("p", "RUN a", ["xy"]).Hex,
            CacheKey.For("p", "RUN a", ["y", "x"]).Hex,
        ];
        Assert.That(keys.Distinct().Count(), Is.EqualTo(keys.Length));
        Assert.That(CacheKey.For("p", "RUN a", ["x"]).Hex, Is.EqualTo(keys[3]));
    }
}
