using System.Net.Sockets;
using System.Text;

namespace OverlayFuse.Container.Tests;

/// <summary>A plugin that says what it is told to, one connection after another; to what it is told nothing for, it does not answer.</summary>
internal sealed class FakePlugin : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<Socket> _unanswered = [];
    private readonly List<string> _heads = [];
    private readonly IReadOnlyDictionary<string, string> _answers;

    public FakePlugin(string path, IReadOnlyDictionary<string, string> answers)
    {
        _answers = answers;
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.Listen(64);
        new Thread(Serve) { IsBackground = true }.Start();
    }

    /// <summary>What it was asked.</summary>
    public IReadOnlyList<string> Heads => [.. _heads];

    public int Count(string method) => _heads.Count(head => head.Contains($"/{method} ", StringComparison.Ordinal));

    public void Dispose()
    {
        _socket.Dispose();
        _unanswered.ForEach(socket => socket.Dispose());
    }

    private void Serve()
    {
        try
        {
            while (true) Answer(_socket.Accept());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Answer(Socket caller)
    {
        var buffer = new byte[4096];
        var head = Encoding.UTF8.GetString(buffer, 0, caller.Receive(buffer));
        _heads.Add(head);
        if (!_answers.TryGetValue(head.Split(' ')[1].TrimStart('/'), out var answer))
        {
            _unanswered.Add(caller);
            return;
        }
        try
        {
            var body = Encoding.UTF8.GetBytes(answer);
            caller.Send(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"));
            caller.Send(body);
        }
        catch (SocketException)
        {
            // It did not want so much.
        }
        caller.Dispose();
    }
}
