using System.Text;
using NUnit.Framework;

namespace OverlayFuse.Linux.Tests;

public sealed class ProcessTests
{
    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static SpawnRequest Shell(string script, Fd output, params byte[][] environment) => new()
    {
        File = "sh"u8.ToArray(),
        Arguments = [Bytes("sh"), Bytes("-c"), Bytes(script)],
        Environment = environment,
        Descriptors = [(output, 1)],
    };

    private static (int Exit, string Output) Run(string script, params byte[][] environment)
    {
        Assert.That(Syscall.Pipe(out var read, out var write), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Spawn(Shell(script, write, environment), out var pid), Is.EqualTo(Errno.None));
        write.Close();
        var output = new StringBuilder();
        var buffer = new byte[4096];
        while (Syscall.Read(read, buffer, out var count) == Errno.None && count > 0) output.Append(Encoding.UTF8.GetString(buffer, 0, count));
        read.Close();
        Assert.That(Syscall.WaitPid(pid, out var exit), Is.EqualTo(Errno.None));
        return (exit, output.ToString());
    }

    [Test]
    public void A_program_runs_and_tells_how_it_ended()
    {
        Assert.That(Run("echo hello; exit 3"), Is.EqualTo((3, "hello\n")));
        Assert.That(Run("kill -9 $$").Exit, Is.EqualTo(137));
    }

    [Test]
    public void A_program_gets_our_variables_and_those_given_to_it() =>
        Assert.That(Run("echo $GIVEN $PATH", "GIVEN=yes"u8.ToArray()).Output, Is.EqualTo($"yes {Environment.GetEnvironmentVariable("PATH")}\n"));

    [Test]
    public void A_program_inherits_no_other_descriptor_of_ours()
    {
        Assert.That(Syscall.Open("/proc/self/comm", OpenFlags.ReadOnly, out var ours), Is.EqualTo(Errno.None));
        Assert.That(Run($"[ -e /proc/$$/fd/{ours.Number} ]").Exit, Is.EqualTo(1));
        ours.Close();
    }

    [Test]
    public void A_program_ignores_no_signal_that_we_ignore()
    {
        const ulong OrdinarySignals = 0x7fffffff; // the next two are the C library's own
        var ignored = Convert.ToUInt64(Run("grep SigIgn /proc/$$/status").Output.Split('\t')[1].Trim(), 16);
        Assert.That(ignored & OrdinarySignals, Is.Zero);
    }

    [Test]
    public void Descriptors_change_places()
    {
        Assert.That(Syscall.Pipe(out var read, out var write), Is.EqualTo(Errno.None));
        var request = new SpawnRequest
        {
            File = "sh"u8.ToArray(),
            Arguments = [Bytes("sh"), Bytes("-c"), Bytes($"echo swapped > /proc/$$/fd/{read.Number}")],
            Descriptors = [(write, read.Number), (read, write.Number)],
        };
        Assert.That(Syscall.Spawn(request, out var pid), Is.EqualTo(Errno.None));
        write.Close();
        var buffer = new byte[100];
        Assert.That(Syscall.Read(read, buffer, out var count), Is.EqualTo(Errno.None));
        Assert.That(Encoding.UTF8.GetString(buffer, 0, count), Is.EqualTo("swapped\n"));
        Syscall.WaitPid(pid, out _);
        read.Close();
    }

    [Test]
    public void A_new_session_is_its_own_leader()
    {
        Assert.That(Syscall.Pipe(out var read, out var write), Is.EqualTo(Errno.None));
        var request = new SpawnRequest
        {
            File = "/bin/sh"u8.ToArray(),
            Arguments = [Bytes("sh"), Bytes("-c"), Bytes("set -- $(cat /proc/$$/stat); [ $1 = $6 ] && echo leader")],
            Descriptors = [(write, 1)],
            NewSession = true,
        };
        Assert.That(Syscall.Spawn(request, out var pid), Is.EqualTo(Errno.None));
        write.Close();
        var buffer = new byte[100];
        Syscall.Read(read, buffer, out var count);
        Assert.That(Encoding.UTF8.GetString(buffer, 0, count), Is.EqualTo("leader\n"));
        Syscall.WaitPid(pid, out _);
        read.Close();
    }

    [Test]
    public void A_program_that_is_absent_is_told()
    {
        var request = new SpawnRequest { File = "no-such-program"u8.ToArray(), Arguments = [Bytes("x")] };
        Assert.That(Syscall.Spawn(request, out _), Is.EqualTo(Errno.NOENT));
        Assert.That(Syscall.WaitPid(1, out _), Is.EqualTo(Errno.CHILD));
    }

    [Test]
    public void A_descriptor_travels_over_a_socket()
    {
        Assert.That(Syscall.SocketPair(SocketKind.Stream, out var one, out var other), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Open("/proc/self/comm", OpenFlags.ReadOnly, out var file), Is.EqualTo(Errno.None));
        Assert.That(Syscall.SendDescriptor(one, file), Is.EqualTo(Errno.None));
        Assert.That(Syscall.ReceiveDescriptor(other, out var received), Is.EqualTo(Errno.None));
        Assert.That(received, Is.Not.EqualTo(file));
        Assert.That(Syscall.Read(received, new byte[100], out var count), Is.EqualTo(Errno.None));
        Assert.That(count, Is.Positive);

        one.Close();
        Assert.That(Syscall.ReceiveDescriptor(other, out _), Is.EqualTo(Errno.NOMSG));
        foreach (var fd in (Fd[])[other, file, received]) fd.Close();
    }

    [Test]
    public void A_message_without_a_descriptor_is_told_apart()
    {
        Assert.That(Syscall.SocketPair(SocketKind.Stream, out var one, out var other), Is.EqualTo(Errno.None));
        Syscall.Write(one, "x"u8, out _);
        Assert.That(Syscall.ReceiveDescriptor(other, out _), Is.EqualTo(Errno.NOMSG));
        one.Close();
        other.Close();
    }

    [Test]
    public void The_limit_of_open_files_can_be_read_and_set()
    {
        Assert.That(Syscall.GetLimit(ResourceLimit.OpenFiles, out var current, out var maximum), Is.EqualTo(Errno.None));
        Assert.That(current, Is.InRange(1, maximum));
        Assert.That(Syscall.SetLimit(ResourceLimit.OpenFiles, current, maximum), Is.EqualTo(Errno.None));
    }

    [Test]
    public void Waiting_ends_when_there_is_something_or_the_time_is_over()
    {
        Assert.That(Syscall.Pipe(out var read, out var write), Is.EqualTo(Errno.None));
        Assert.That(Syscall.Poll(read, PollEvents.In, 0, out var ready), Is.EqualTo(Errno.None));
        Assert.That(ready, Is.EqualTo(PollEvents.None));
        Syscall.Write(write, "x"u8, out _);
        Syscall.Poll(read, PollEvents.In, -1, out ready);
        Assert.That(ready, Is.EqualTo(PollEvents.In));
        read.Close();
        write.Close();
    }
}
