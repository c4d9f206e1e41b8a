using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Carries what is typed to a program that has no terminal.</summary>
/// <remarks>
/// As docker has it the program reads a pipe, whatever our input is: who gets a file of ours may open it again for writing (proc(5), /proc/PID/fd), and the
/// runtime makes the container's user the owner of its streams.
/// </remarks>
internal static class InputPump
{
    /// <summary>On a thread of its own, until either side ends or he who types is gone; whoever types may keep it waiting when the program is long over.</summary>
    public static void Start(Attachment from, Fd into)
    {
        var thread = new Thread(() =>
        {
            var buffer = new byte[64 * 1024];
            while (from.ReadNext(buffer) is var count and > 0 && Syscall.WriteAll(into, buffer.AsSpan(0, count)) == Errno.None) { }
            into.Close();
        })
        {
            IsBackground = true,
            Name = "stdin",
        };
        thread.Start();
    }
}
