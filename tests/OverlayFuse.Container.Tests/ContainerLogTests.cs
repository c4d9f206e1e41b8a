using System.Text.Json.Nodes;
using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

public sealed class ContainerLogTests
{
    [Test]
    public void Lines_are_kept_whole_with_their_stream_and_what_has_no_end_waits_for_it()
    {
        var path = Path.Combine("/var/tmp", "of-log-" + Identifier.New()[..12]);
        try
        {
            using (var log = ContainerLog.Open(path)!)
            {
                Assert.That(log.Write("one\ntwo"u8, "stdout", isEnd: false), Is.EqualTo(4));
                Assert.That(log.Write("two\n"u8, "stdout", isEnd: false), Is.EqualTo(4));
                Assert.That(log.Write("\"<end>"u8, "stderr", isEnd: true), Is.EqualTo(6));
            }
            var lines = File.ReadAllLines(path).Select(line => JsonNode.Parse(line)!).ToList();
            Assert.That(lines.Select(line => ((string?)line["stream"], (string?)line["log"])), Is.EqualTo(new[] { ("stdout", "one\n"), ("stdout", "two\n"), ("stderr", "\"<end>") }));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestCase("OCI runtime create failed: exec: \"/x\": stat /x: no such file or directory", 127)]
    [TestCase("OCI runtime create failed: exec: \"x\": executable file not found in $PATH", 127)]
    [TestCase("OCI runtime create failed: exec: \"/etc\": permission denied", 126)]
    [TestCase("OCI runtime create failed: something else", 125)]
    [TestCase("listen tcp4 0.0.0.0:80: bind: permission denied.", 125)]
    public void What_the_runtime_says_becomes_dockers_exit_code(string said, int code) => Assert.That(Runtime.ExitCodeFor(said), Is.EqualTo(code));
}
