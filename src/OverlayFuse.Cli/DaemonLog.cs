using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>What the daemon of a mount has to say after its caller has gone: to the file of --log, else to the system log.</summary>
internal static class DaemonLog
{
    public static void Say(MountJob job, string sentence)
    {
        Terminal.Say(sentence); // the file, a terminal in the foreground, or /dev/null
        if (job.LogFile is null) SayToSystem($"{ByteText.Show(job.Union.MountPoint)}: {sentence}");
    }

    // logger(1) is part of every Debian; a line or two in the life of a mount do not earn a connection of our own.
    private static void SayToSystem(string line)
    {
        var request = new SpawnRequest
        {
            File = "logger"u8.ToArray(),
            Arguments = [.. new[] { "logger", "-t", "overlayfuse", "-p", "daemon.err", "--", line }.Select(Encoding.UTF8.GetBytes)],
        };
        if (Syscall.Spawn(request, out var pid) == Errno.None) _ = Syscall.WaitPid(pid, out _);
    }
}
