using NUnit.Framework;

namespace OverlayFuse.Image.Tests;

public sealed class DockerfileTests
{
    [TestCase("FROM a\nRUN b", "1 FROM a|2 RUN b")]
    [TestCase("# c\n\nfrom a\n  # c\n\trun b  ", "3 FROM a|5 RUN b")]
    [TestCase("FROM a\r\nRUN b \\\r\n  c\r\nCMD d", "1 FROM a|2 RUN b   c|4 CMD d")]
    [TestCase("FROM a\nRUN b \\\n# inner\n\n  c \\  \n  d", "1 FROM a|2 RUN b   c   d")]
    [TestCase("# escape=`\nFROM a\nRUN c:\\dir `\n x", "2 FROM a|3 RUN c:\\dir  x")]
    [TestCase("# syntax=x\n# Escape = `\nFROM a\nRUN b `\n c", "3 FROM a|4 RUN b  c")]
    [TestCase("# a comment\n# escape=`\nFROM a\nRUN b \\\n c", "3 FROM a|4 RUN b  c")]
    [TestCase("FROM a\nCOPY --from=b --chown=1:2 c d", "1 FROM a|2 COPY --from=b --chown=1:2 c d")]
    [TestCase("FROM a\nRUN b \\", "1 FROM a|2 RUN b")]
    [TestCase("FROM a\nRUN echo '# no comment' # nor this", "1 FROM a|2 RUN echo '# no comment' # nor this")]
    public void A_Dockerfile_is_read_into_its_instructions(string text, string expected) =>
        Assert.That(string.Join('|', Dockerfile.Parse(text).Instructions.Select(instruction => $"{instruction.Line} {instruction}")), Is.EqualTo(expected));

    [TestCase("", "no instructions")]
    [TestCase("FROM a\nFOO x", "line 2: unknown instruction: FOO")]
    [TestCase("FROM", "line 1: FROM requires")]
    [TestCase("# escape=x\nFROM a", "Must be ` or \\")]
    [TestCase("FROM a\nHEALTHCHECK NONE", "line 2: HEALTHCHECK is not carried out")]
    [TestCase("FROM a\nRUN <<EOF\nx\nEOF", "line 2: here-documents")]
    public void What_is_no_Dockerfile_is_refused_with_its_line(string text, string words) =>
        Assert.That(() => Dockerfile.Parse(text), Throws.TypeOf<RefusedException>().With.Message.Contains(words));

    [TestCase("plain", "plain")]
    [TestCase("$a-${a}-$none.", "1-1-.")]
    [TestCase("${a:-x} ${empty:-x} ${empty-x} ${none-x}", "1 x  x")]
    [TestCase("${a:+x} ${empty:+x} ${empty+x} ${none+x}", "x  x ")]
    [TestCase("${none:-${a}}", "1")]
    [TestCase("\"two  $a\" '$a' \\$a \"\\$a \\n\"", "two  1 $a $a $a \\n")]
    [TestCase("a\\ b", "a b")]
    [TestCase("$", "$")]
    [TestCase("${none:-a b}", "a b")]
    public void Variables_and_quotes_are_put_in_and_taken_away(string text, string expected) =>
        Assert.That(new ShellWords(Lookup).Expand(text), Is.EqualTo(expected));

    [TestCase("${a", "bad substitution")]
    [TestCase("${a:-x", "missing '}'")]
    [TestCase("\"a", "double-quote")]
    [TestCase("${a%x}", "unsupported modifier (%)")]
    [TestCase("${none:?it is wanted}", "none: it is wanted")]
    public void What_is_not_closed_is_refused(string text, string words) =>
        Assert.That(() => new ShellWords(Lookup).Expand(text), Throws.TypeOf<RefusedException>().With.Message.Contains(words));

    [Test]
    public void Words_are_taken_apart_before_variables_are_put_in() =>
        Assert.That(new ShellWords(Lookup).ExpandWords(" a=$both  'b c' d\\ e "), Is.EqualTo(new[] { "a=x y", "b c", "d e" }));

    [Test]
    public void The_variables_of_one_instruction_see_what_was_before_it()
    {
        var config = new ContainerConfig { Env = ["abc=hello"] };
        ConfigChange.Apply(config, "ENV abc=bye def=$abc");
        ConfigChange.Apply(config, "ENV ghi=$abc");
        Assert.That(config.Env, Is.EqualTo(new[] { "abc=bye", "def=hello", "ghi=bye" }));
    }

    [TestCase("/a", "b", "/a/b")]
    [TestCase("", "b", "/b")]
    [TestCase("/a/b", "../c/./d", "/a/c/d")]
    [TestCase("/a", "/x//y/", "/x/y/")]
    [TestCase("/a", "../../..", "/")]
    public void WORKDIR_makes_a_path_absolute(string directory, string path, string expected) => Assert.That(ConfigChange.Within(directory, path), Is.EqualTo(expected));

    private static string? Lookup(string name) => name switch { "a" => "1", "empty" => "", "both" => "x y", _ => null };
}
