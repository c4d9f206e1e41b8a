using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The pseudo terminal of a container: the runtime makes it and sends its other side over a socket.</summary>
internal sealed class ContainerTerminal : IDisposable
{
    private const uint GetWindowSize = 0x5413; // TIOCGWINSZ
    private const uint SetWindowSize = 0x5414; // TIOCSWINSZ
    private const string Name = "console";

    private readonly string _path;
    private readonly Fd _directory;
    private readonly Fd _listener;

    /// <param name="directory">A directory of the container; a socket's path is short, so it is reached by descriptor.</param>
    public ContainerTerminal(string directory)
    {
        _path = Path.Combine(directory, Name);
        File.Delete(_path);
        var error = Syscall.Open(directory, OpenFlags.Path, out _directory);
        if (error == Errno.None) error = Syscall.ListenAt(Encoding.ASCII.GetBytes(SocketPath), out _listener);
        if (error != Errno.None) throw new RefusedException($"cannot make the socket {_path}: {error.Describe()}.", 125);
    }

    /// <summary>For the runtime.</summary>
    public string SocketPath => $"/proc/{Environment.ProcessId}/fd/{_directory.Number}/{Name}";

    /// <summary>Our side of the terminal, once the runtime has made the container.</summary>
    public Fd Receive()
    {
        var error = Syscall.Accept(_listener, out var connection);
        var terminal = Fd.None;
        if (error == Errno.None) error = Syscall.ReceiveDescriptor(connection, out terminal);
        connection.Close();
        return error == Errno.None ? terminal : throw new RefusedException($"runc made no terminal: {error.Describe()}.", 125);
    }

    /// <summary>Gives the one terminal the size of the other, if that is one.</summary>
    public static void CopySize(Fd from, Fd to)
    {
        Span<byte> size = stackalloc byte[8];
        if (Syscall.IoControl(from, GetWindowSize, size) == Errno.None) _ = Syscall.IoControl(to, SetWindowSize, size);
    }

    /// <summary>What is typed goes to the terminal, which makes signals of it where that is wanted. On a thread of its own, until either side is gone or is left.</summary>
    public static void Type(Attachment from, Fd terminal)
    {
        var thread = new Thread(() =>
        {
            var buffer = new byte[4096];
            while (from.ReadNext(buffer) is var count and > 0)
            {
                var on = new MemoryStream();
                var isLeft = from.Keys.Pass(buffer.AsSpan(0, count), on);
                if (Syscall.WriteAll(terminal, on.ToArray()) != Errno.None) return;
                if (!isLeft) continue;
                from.Detached?.Invoke();
                return;
            }
        })
        {
            IsBackground = true,
            Name = "stdin",
        };
        thread.Start();
    }

    public void Dispose()
    {
        _listener.Close();
        _directory.Close();
        File.Delete(_path);
    }
}
