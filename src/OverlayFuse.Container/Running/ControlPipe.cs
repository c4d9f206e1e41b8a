using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>A pipe with a name beside each container: a byte written to it is the number of a signal for the container's first process.</summary>
/// <remarks>The supervisor may signal that process whatever user it is; the user whose container it is may write to the pipe.</remarks>
public static class ControlPipe
{
    /// <summary>Not passed on: the terminal of whoever is attached has another size.</summary>
    public const int WindowChanged = Signal.WindowChanged;

    /// <summary>False: nobody listens.</summary>
    public static bool Send(StoredContainer container, int signal)
    {
        if (Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(container.ControlPath), OpenFlags.WriteOnly | OpenFlags.NonBlock, 0, out var pipe) != Errno.None) return false;
        var error = Syscall.Write(pipe, [(byte)signal], out _);
        pipe.Close();
        return error == Errno.None;
    }

    /// <summary>Calls <paramref name="received"/> for each byte, on a thread of its own, while this process lives.</summary>
    internal static void Listen(StoredContainer container, Action<int> received)
    {
        // For writing too: else its end would come whenever a sender is done.
        if (Syscall.OpenAt(DirFd.Cwd, Encoding.UTF8.GetBytes(container.ControlPath), OpenFlags.ReadWrite, 0, out var pipe) != Errno.None) return;
        var thread = new Thread(() =>
        {
            Span<byte> signals = stackalloc byte[64];
            while (Syscall.Read(pipe, signals, out var count) == Errno.None && count > 0)
            {
                foreach (var signal in signals[..count]) received(signal);
            }
        })
        {
            IsBackground = true,
            Name = "control",
        };
        thread.Start();
    }
}
