using System.Diagnostics;
using System.Runtime.InteropServices;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>A loop device with a number that nobody else takes, so that it is told which number a disk has: one that it keeps over a loss of power, or another.</summary>
internal sealed partial class LoopDevice : IDisposable
{
    private const nuint Remove = 0x4C81; // LOOP_CTL_REMOVE
    private const int Seconds = 5;
    private const int First = 100_000;
    private const int Most = 900_000; // of 2^20 minors

    private static int _made;

    private readonly int _number = First + (Environment.ProcessId * 16 + Interlocked.Increment(ref _made)) % Most;

    /// <summary>What losetup(8) makes it by.</summary>
    public string Path => $"/dev/loop{_number}";

    // The kernel lets go of its file a little after the unmount.
    public void Dispose()
    {
        if (Syscall.Open("/dev/loop-control", OpenFlags.ReadWrite, out var control) != Errno.None) return;
        for (var waited = Stopwatch.StartNew(); File.Exists(Path) && waited.Elapsed < TimeSpan.FromSeconds(Seconds); Thread.Sleep(1))
        {
            if (ioctl(control.Number, Remove, _number) >= 0) break;
        }
        control.Close();
    }

    [LibraryImport("libc")]
    private static partial int ioctl(int fd, nuint request, nint argument);
}
