using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>Runs fusermount3, or fusermount where only that one is installed, and listens to what it says.</summary>
internal static class Helper
{
    private const int MaxWords = 64 * 1024;

    /// <summary>How it went. <see cref="Words"/> is what it wrote for people.</summary>
    public readonly record struct Outcome(bool IsAbsent, int ExitCode, string Words)
    {
        public bool Succeeded => !IsAbsent && ExitCode == 0;
    }

    /// <summary>Runs it to its end; <paramref name="socket"/>, when open, is what the mounted descriptor will be sent over.</summary>
    public static Outcome Run(IReadOnlyList<byte[]> arguments, Fd socket, int socketNumber)
    {
        ReadOnlySpan<string> names = ["fusermount3", "fusermount"];
        foreach (var name in names)
        {
            if (TryRun(Encoding.ASCII.GetBytes(name), arguments, socket, socketNumber, out var outcome)) return outcome;
        }
        return new Outcome(true, -1, "");
    }

    private static bool TryRun(byte[] program, IReadOnlyList<byte[]> arguments, Fd socket, int socketNumber, out Outcome outcome)
    {
        outcome = default;
        if (Syscall.Pipe(out var listen, out var speak) != Errno.None) return false;

        var descriptors = new List<(Fd Ours, int Theirs)> { (speak, 2) };
        if (socket.IsOpen) descriptors.Add((socket, socketNumber));
        var error = Syscall.Spawn(
            new SpawnRequest
            {
                File = program,
                Arguments = [program, .. arguments],
                Environment = [Encoding.ASCII.GetBytes($"_FUSE_COMMFD={socketNumber}"), "LC_ALL=C"u8.ToArray()],
                Descriptors = descriptors,
            },
            out var pid);
        speak.Close();
        if (error == Errno.None)
        {
            var words = Listen(listen);
            Syscall.WaitPid(pid, out var exitCode);
            outcome = new Outcome(false, exitCode, words);
        }
        listen.Close();
        return error == Errno.None;
    }

    private static string Listen(Fd listen)
    {
        var heard = new byte[4096];
        var length = 0;
        while (length < MaxWords)
        {
            if (length == heard.Length) Array.Resize(ref heard, length * 2);
            if (Syscall.Read(listen, heard.AsSpan(length), out var count) != Errno.None || count == 0) break;
            length += count;
        }
        return Encoding.UTF8.GetString(heard, 0, length).Trim();
    }
}
