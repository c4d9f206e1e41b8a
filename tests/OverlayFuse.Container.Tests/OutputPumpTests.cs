using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Container.Tests;

public sealed class OutputPumpTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(2);

    [Test]
    public void What_a_reader_does_not_take_is_in_the_log_when_he_is_given_up_and_he_gets_no_more_than_was_on_its_way()
    {
        using var place = new TemporaryPlace();
        var path = Path.Combine(place.State.Root, "log");
        var lines = Enumerable.Range(0, 12000).Select(number => $"line {number}").ToList();
        Assert.That((Syscall.Pipe(out var from, out var program), Syscall.Pipe(out var reader, out var attached)), Is.EqualTo((Errno.None, Errno.None)));
        using (var log = ContainerLog.Open(path)!)
        {
            var pump = new OutputPump(from, attached, left: null, log, "stdout");
            Assert.That(Syscall.WriteAll(program, Encoding.ASCII.GetBytes(string.Join('\n', lines))), Is.EqualTo(Errno.None));
            program.Close();
            Assert.That(pump.Join(Moment), Is.False);

            pump.GiveUp();
            pump.GiveUp();
            var taken = new StringBuilder();
            var ended = Task.Run(() =>
            {
                var buffer = new byte[100000];
                while (Syscall.Read(reader, buffer, out var count) == Errno.None && count > 0) taken.Append(Encoding.ASCII.GetString(buffer, 0, count));
            });
            Assert.That((pump.Join(TimeSpan.FromSeconds(20)), pump.Failure), Is.EqualTo((true, (string?)null)));
            attached.Close();
            Assert.That(ended.Wait(TimeSpan.FromSeconds(20)), Is.True);
            Assert.That(string.Join('\n', lines), Does.StartWith(taken.ToString()));
            Assert.That(taken.Length, Is.GreaterThan(60000));
        }
        Assert.That(File.ReadLines(path).Select(line => line.Split('"')[3].Replace("\\n", "")), Is.EqualTo(lines));
        reader.Close();
    }
}
