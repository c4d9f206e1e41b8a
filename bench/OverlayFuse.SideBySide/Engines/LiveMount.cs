using System.Diagnostics;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

/// <summary>A mounted union, from the call that mounts it until its daemon has ended. Whatever happens, nothing is left mounted.</summary>
internal sealed class LiveMount : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Engine _engine;
    private readonly Stack _stack;
    private readonly TimeSpan _limit;
    private readonly Timer _watchdog;
    private readonly CancellationTokenRegistration _interruption;
    private volatile bool _isOver;

    /// <param name="limit">After so long the connection is cut, and whoever waits for an answer gets an error.</param>
    public LiveMount(Engine engine, Stack stack, SyncMode sync, TimeSpan limit, CancellationToken interruption)
    {
        (_engine, _stack, _limit) = (engine, stack, limit);
        _interruption = interruption.Register(Abort);
        _watchdog = new Timer(_ => Abort(), null, limit, Timeout.InfiniteTimeSpan);
        try
        {
            User.Act(engine.User, () =>
            {
                var start = Stopwatch.GetTimestamp();
                engine.Mount(stack, sync);
                MountTime = Stopwatch.GetElapsedTime(start);
            });
            if (engine.HasDaemon) Daemon = FindDaemon();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The process that serves it; 0 for the kernel.</summary>
    public int Daemon { get; }

    /// <summary>The time until it was live.</summary>
    public TimeSpan MountTime { get; private set; }

    /// <summary>Whether it was cut: by the time limit, or because somebody wants to stop.</summary>
    public bool IsOver => _isOver;

    /// <summary>The memory that the daemon has at the moment, in bytes.</summary>
    public long ResidentMemory()
    {
        var line = File.ReadLines($"/proc/{Daemon}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }

    /// <summary>Unmounts and waits until the daemon has done what is left.</summary>
    public void Unmount()
    {
        var merged = Name.Bytes(_stack.Merged);
        var end = DateTime.UtcNow + Patience;
        Errno error;
        while ((error = Syscall.Unmount(merged, UnmountFlags.None)) == Errno.BUSY && DateTime.UtcNow < end) Thread.Sleep(10);
        Client.Expect(error, $"unmount of {_stack.Merged}");
        end = DateTime.UtcNow + _limit;
        while (Daemon != 0 && IsAlive(Daemon))
        {
            if (DateTime.UtcNow > end) throw new BenchmarkException($"process {Daemon} of {_engine.Name} does not end after the unmount");
            Thread.Sleep(1);
        }
    }

    public void Dispose()
    {
        _watchdog.Dispose();
        _interruption.Dispose();
        var merged = Name.Bytes(_stack.Merged);
        if (MountInfo.Find(merged) is null) return;
        if (Syscall.Unmount(merged, UnmountFlags.None) == Errno.None) return;
        Abort();
        _ = Syscall.Unmount(merged, UnmountFlags.Detach);
    }

    private void Abort()
    {
        _isOver = true;
        Programs.End();
        if (!_engine.HasDaemon || MountInfo.Find(Name.Bytes(_stack.Merged)) is not { } mount) return;
        if (Syscall.Open($"/sys/fs/fuse/connections/{mount.DeviceMinor}/abort", OpenFlags.WriteOnly, out var abort) != Errno.None)
        {
            if (Daemon != 0) _ = Syscall.Kill(Daemon, 9); // fusectl is not mounted: the connection ends with who serves it
            return;
        }
        _ = Syscall.Write(abort, "1"u8, out _);
        abort.Close();
    }

    // By its command line, which names the mount point: a daemon is no child of ours.
    private int FindDaemon()
    {
        var merged = Encoding.UTF8.GetBytes(_stack.Merged);
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out var pid) && pid != Environment.ProcessId && CommandLine(pid) is { } line && line.AsSpan().IndexOf(merged) >= 0) return pid;
        }
        throw new BenchmarkException($"{_engine.Name} is mounted, but no process has {_stack.Merged} in its command line");
    }

    // A process that is dead and not waited for has no command line any more.
    private static bool IsAlive(int pid) => CommandLine(pid) is { Length: > 0 };

    private static byte[]? CommandLine(int pid)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return null;
        }
    }
}
