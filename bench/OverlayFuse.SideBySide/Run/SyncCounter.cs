using System.Diagnostics;
using System.Text.RegularExpressions;

namespace OverlayFuse.SideBySide;

/// <summary>Counts the calls of a daemon that put something on disk, by strace(1).</summary>
internal sealed partial class SyncCounter : IDisposable
{
    private readonly Process _strace;
    private readonly string _log;

    /// <summary>Returns when all threads of the process are watched.</summary>
    public SyncCounter(int pid, string log)
    {
        _log = log;
        _strace = Process.Start(new ProcessStartInfo("strace", ["-f", "-qq", "-e", "trace=fsync,fdatasync,syncfs,sync_file_range", "-o", log, "-p", $"{pid}"]) { RedirectStandardError = true })!;
        var end = DateTime.UtcNow.AddSeconds(10);
        while (!IsWatched(pid))
        {
            if (DateTime.UtcNow > end || _strace.HasExited) throw new BenchmarkException($"strace cannot watch process {pid}");
            Thread.Sleep(5);
        }
    }

    public static bool IsThere { get; } = Programs.Version("strace", "-V") is not null;

    /// <summary>Lets go of the process, and says how many calls there were.</summary>
    public int Stop()
    {
        if (Linux.Syscall.Kill(_strace.Id, 15) != Linux.Errno.None || !_strace.WaitForExit(TimeSpan.FromSeconds(10))) throw new BenchmarkException("strace does not end");
        return File.ReadLines(_log).Count(line => Call().IsMatch(line));
    }

    public void Dispose()
    {
        if (!_strace.HasExited) _strace.Kill();
        _strace.Dispose();
    }

    private static bool IsWatched(int pid) => Directory.EnumerateDirectories($"/proc/{pid}/task").All(task =>
        File.ReadLines($"{task}/status").Any(line => line.StartsWith("TracerPid:", StringComparison.Ordinal) && !line.EndsWith("\t0", StringComparison.Ordinal)));

    // One that another thread's call interrupts has a second line: "<... fsync resumed>".
    [GeneratedRegex(@"\b(fsync|fdatasync|syncfs|sync_file_range)\(")]
    private static partial Regex Call();
}
