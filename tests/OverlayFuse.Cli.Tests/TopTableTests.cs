using NUnit.Framework;

namespace OverlayFuse.Cli.Tests;

public sealed class TopTableTests
{
    [Test]
    public void The_processes_of_the_container_are_shown_in_columns_as_wide_as_dockers()
    {
        const string ps = "UID          PID    PPID  C STIME TTY          TIME CMD\nroot           1       0  0 01:00 ?        00:00:01 /sbin/init splash\nroot       17456   17432  2 01:31 ?        00:00:00 sleep 1000\n";
        Assert.That(TopVerb.Table(ps, new HashSet<string> { "17456" }), Is.EqualTo(
            "UID                 PID                 PPID                C                   STIME               TTY                 TIME                CMD\n"
            + "root                17456               17432               2                   01:31               ?                   00:00:00            sleep 1000\n"));
    }

    [Test]
    public void Without_a_column_of_numbers_nothing_can_be_told() =>
        Assert.That(() => TopVerb.Table("COMMAND\ninit\n", new HashSet<string> { "1" }), Throws.TypeOf<OverlayFuse.Image.RefusedException>().With.Message.EqualTo("Couldn't find PID field in ps output"));
}
