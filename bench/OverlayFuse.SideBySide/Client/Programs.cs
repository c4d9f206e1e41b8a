using System.Diagnostics;
using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

/// <summary>Other people's programs as clients: tar, git, gcc. What they say goes nowhere; what they return must be 0.</summary>
internal static class Programs
{
    private static readonly Fd Nowhere = OpenNowhere();

    private static int _running;

    public static void Run(params string[] words)
    {
        var request = new SpawnRequest
        {
            File = Name.Bytes(words[0]),
            Arguments = [.. words.Select(Name.Bytes)],
            Environment = ["LC_ALL=C"u8.ToArray(), "PATH=/usr/local/bin:/usr/bin:/bin"u8.ToArray(), "HOME=/nonexistent"u8.ToArray(), "GIT_CONFIG_NOSYSTEM=1"u8.ToArray()],
            Descriptors = [(Nowhere, 0), (Nowhere, 1), (Nowhere, 2)],
            NewSession = true,
        };
        Client.Expect(Syscall.Spawn(request, out var pid), words[0]);
        Volatile.Write(ref _running, pid);
        Client.Expect(Syscall.WaitPid(pid, out var code), words[0]);
        Volatile.Write(ref _running, 0);
        if (code != 0) throw new BenchmarkException($"{string.Join(' ', words)} ended with {code}");
    }

    /// <summary>Ends the program that runs, with what it has started: its session is its own.</summary>
    public static void End()
    {
        if (Volatile.Read(ref _running) is var pid and not 0) _ = Syscall.Kill(-pid, 9);
    }

    /// <summary>What a program says of its version: the line with its name, else the first. Null where there is no such program.</summary>
    public static string? Version(string file, string option = "--version")
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(file, [option]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = process.StandardError.ReadToEndAsync();
            var lines = (process.StandardOutput.ReadToEnd() + errors.Result).Split('\n');
            process.WaitForExit();
            return (lines.FirstOrDefault(line => line.Contains(Path.GetFileName(file))) ?? lines[0]).Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static Fd OpenNowhere()
    {
        Client.Expect(Syscall.Open("/dev/null", OpenFlags.ReadWrite, out var fd), "/dev/null");
        return fd;
    }
}
