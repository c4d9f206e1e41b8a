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
    [TestCase("FROM a\nRUN b\u2028c\u2029d\u0085e\ff", "1 FROM a|2 RUN b\u2028c\u2029d\u0085e\ff", TestName = "Only a line feed ends a line")]
    public void A_Dockerfile_is_read_into_its_instructions(string text, string expected) =>
        Assert.That(string.Join('|', Dockerfile.Parse(text).Instructions.Select(instruction => $"{instruction.Line} {instruction}")), Is.EqualTo(expected));

    [TestCase("one", true)]
    [TestCase("TWO", true)]
    [TestCase("1", true)]
    [TestCase("3", false)]
    [TestCase("01", false)]
    [TestCase("c", false)]
    [TestCase("", false)]
    public void A_stage_has_its_name_and_its_number(string target, bool expected) =>
        Assert.That(Dockerfile.Parse("ARG x\nFROM --platform=linux a AS one\nRUN b\nFROM a  as Two\nFROM c").HasStage(target), Is.EqualTo(expected));

    [TestCase("", "no instructions")]
    [TestCase("FROM a\nFOO x", "line 2: unknown instruction: FOO")]
    [TestCase("FROM", "line 1: FROM requires")]
    [TestCase("# escape=x\nFROM a", "Must be ` or \\")]
    [TestCase("FROM a\nRUN <<EOF\nx\n EOF", "line 2: unterminated heredoc: no line is EOF")]
    public void What_is_no_Dockerfile_is_refused_with_its_line(string text, string words) =>
        Assert.That(() => Dockerfile.Parse(text), Throws.TypeOf<RefusedException>().With.Message.Contains(words));

    [TestCase("RUN <<EOF\na\n\n# b\nEOF\nCMD c", "RUN <<EOF|CMD c", "EOF:True:a\n\n# b\n")]
    [TestCase("COPY <<a <<-'b c' /d/\n1\na\n\t\t2\n\tb c\nCMD c", "COPY <<a <<-'b c' /d/|CMD c", "a:True:1\n|b c:False:2\n")]
    [TestCase("RUN cat \\\n <<\"E\" >/x\n$y\nE", "RUN cat  <<\"E\" >/x", "E:False:$y\n")]
    [TestCase("RUN echo $((1 <<2)) 1<<2 <<<word 'a <<b'", "RUN echo $((1 <<2)) 1<<2 <<<word 'a <<b'", "")]
    [TestCase("ADD --chmod=600 <<x /y\nx\nHEALTHCHECK --interval=1s CMD z", "ADD --chmod=600 <<x /y|HEALTHCHECK --interval=1s CMD z", "x:True:")]
    public void The_lines_of_a_here_document_belong_to_its_instruction(string text, string expected, string documents)
    {
        var instructions = Dockerfile.Parse(text).Instructions;
        Assert.That(string.Join('|', instructions), Is.EqualTo(expected));
        Assert.That(string.Join('|', instructions.SelectMany(instruction => instruction.Documents).Select(document => $"{document.Name}:{document.Expands}:{document.Text}")), Is.EqualTo(documents));
    }

    [TestCase("$a \"$a\" '${none:-x}' \\$a \\\\ \\n", "1 \"1\" 'x' $a \\ \\n")]
    [TestCase("it's 5$", "it's 5$")]
    public void In_a_here_document_quotes_are_its_own(string text, string expected) =>
        Assert.That(new ShellWords(Lookup).ExpandVariables(text), Is.EqualTo(expected));

    [TestCase("CMD x y", "CMD-SHELL|x y", 0, 0)]
    [TestCase("--interval=1m30s --retries=3 CMD [\"x\",\"y\"]", "CMD|x|y", 90_000_000_000, 3)]
    [TestCase("--interval=0.5s NONE", "NONE", 500_000_000, 0)]
    public void A_health_check_is_kept_as_configurations_have_it(string text, string test, long interval, int retries)
    {
        var check = Healthcheck.Parse(Dockerfile.Parse("HEALTHCHECK " + text).Instructions[0]);
        Assert.That((string.Join('|', check.Test!), check.Interval, check.Retries), Is.EqualTo((test, interval, retries)));
    }

    [TestCase("x", "Unknown type \"X\" in HEALTHCHECK (try CMD)")]
    [TestCase("CMD", "Missing command after HEALTHCHECK CMD")]
    [TestCase("NONE x", "HEALTHCHECK NONE takes no arguments")]
    [TestCase("--retries=0 CMD x", "--retries must be at least 1 (not 0)")]
    [TestCase("--timeout=1us CMD x", "Interval \"timeout\" cannot be less than 1ms")]
    [TestCase("--timeout=soon CMD x", "a time such as 30s")]
    [TestCase("--often CMD x", "Unknown flag: often")]
    public void What_is_no_health_check_is_refused(string text, string words) =>
        Assert.That(() => Healthcheck.Parse(Dockerfile.Parse("HEALTHCHECK " + text).Instructions[0]), Throws.TypeOf<RefusedException>().With.Message.Contains(words));

    [Test]
    public void The_author_and_the_health_check_are_in_the_configuration_of_the_image()
    {
        var stage = new BuildStage(null, null);
        foreach (var instruction in Dockerfile.Parse("MAINTAINER Me <me@example.org>\nHEALTHCHECK --timeout=2s CMD true").Instructions)
        {
            stage.Configure(instruction, new ShellWords(stage.Variable));
            stage.Add(instruction.ToString(), new CachedStep { Created = "2026-01-01T00:00:00Z" });
        }
        var config = stage.Passing().Config;
        Assert.That((config.Author, config.History![0].Author), Is.EqualTo(("Me <me@example.org>", "Me <me@example.org>")));
        Assert.That(System.Text.Json.JsonSerializer.Serialize(config.Config, ImageJson.Default.ContainerConfig), Does.EndWith("\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"true\"],\"Timeout\":2000000000}}"));
    }

    [TestCase("TARGETPLATFORM", true)]
    [TestCase("BUILDARCH", true)]
    [TestCase("TARGETVARIANT", true)]
    [TestCase("TARGET", false)]
    public void The_platform_is_known_without_being_given(string name, bool isKnown) => Assert.That(PredefinedArguments.Find(name) is not null, Is.EqualTo(isKnown));

    [TestCase("http_proxy", true)]
    [TestCase("NO_PROXY", true)]
    [TestCase("No_Proxy", false)]
    [TestCase("PROXY", false)]
    public void Proxies_go_by_their_names(string name, bool isOne) => Assert.That(PredefinedArguments.IsProxy(name), Is.EqualTo(isOne));

    [Test]
    public void This_machine_has_several_names_and_no_other_machines()
    {
        Assert.That(new[] { PredefinedArguments.Platform, PredefinedArguments.Platform["linux/".Length..], "linux", "local" }.Select(PredefinedArguments.IsOurs), Is.All.True);
        Assert.That(new[] { "windows", "linux/s390x", "linux/amd64x" }.Select(PredefinedArguments.IsOurs), Is.All.False);
    }

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
