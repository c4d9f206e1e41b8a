using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

/// <summary>Plays the kernel's part of the protocol over a socket of whole packets, and serves a file system on the other end.</summary>
internal sealed class ScriptedKernel : IDisposable
{
    private readonly Fd _kernelEnd;
    private readonly Thread _server;
    private readonly byte[] _packet = new byte[256 * 1024];
    private Exception? _failure;

    public ScriptedKernel(FileSystem fileSystem, SessionOptions options)
    {
        Assert.That(Syscall.SocketPair(SocketKind.SequencedPackets, out _kernelEnd, out var served), Is.EqualTo(Errno.None));
        Session = Session.Attach(served, fileSystem, options);
        _server = new Thread(Serve) { IsBackground = true };
        _server.Start();
    }

    public Session Session { get; }

    /// <summary>Sends INIT as Linux 6.18 does and takes the answer.</summary>
    public InitOut Initialise(uint major = 7, uint minor = 45, uint flags = 0x73fffffb, uint flags2 = 0x5fd)
    {
        SendInit(major, minor, flags, flags2);
        return Receive().As<InitOut>();
    }

    public void SendInit(uint major, uint minor, uint flags, uint flags2) =>
        Send(new RequestBuilder(Opcode.Init, 0).Add(new InitIn { Major = major, Minor = minor, MaxReadAhead = 131072, Flags = flags }).Add(new InitInRest { Flags2 = flags2 }));

    public void Send(RequestBuilder request) =>
        Assert.That(Syscall.Write(_kernelEnd, request.ToArray(), out _), Is.EqualTo(Errno.None));

    public Answer Ask(RequestBuilder request)
    {
        Send(request);
        return Receive();
    }

    public Answer Receive() => new(ReceiveBytes());

    public byte[] ReceiveBytes()
    {
        Syscall.Poll(_kernelEnd, PollEvents.In, 20_000, out var ready);
        Assert.That(ready & PollEvents.In, Is.EqualTo(PollEvents.In), "an answer within twenty seconds");
        Assert.That(Syscall.Read(_kernelEnd, _packet, out var count), Is.EqualTo(Errno.None));
        return _packet[..count];
    }

    /// <summary>Hangs up, as an unmount does, and waits for the session to end.</summary>
    public Exception? End()
    {
        _kernelEnd.Close();
        Assert.That(_server.Join(20_000), "the session ends"); // it waits ten seconds for writes
        return _failure;
    }

    public void Dispose() => Session.Dispose();

    private void Serve()
    {
        try
        {
            Session.Run();
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }
}
