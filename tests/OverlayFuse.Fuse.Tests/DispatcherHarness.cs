namespace OverlayFuse.Fuse.Tests;

/// <summary>A dispatcher and one thread's buffer: what a worker has, without a kernel.</summary>
internal sealed class DispatcherHarness : IDisposable
{
    private readonly RequestBuffer _buffer = new(64 * 1024);

    public DispatcherHarness(FileSystem fileSystem, bool longSetXattr = true) =>
        Dispatcher = new Dispatcher(fileSystem, Counters, new SessionOptions { Log = Log.Add }) { HasLongSetXattr = longSetXattr };

    public Dispatcher Dispatcher { get; }

    public RequestCounters Counters { get; } = new();

    public List<string> Log { get; } = [];

    public Answer Send(RequestBuilder request) => Send(request.ToArray());

    public Answer Send(byte[] request)
    {
        Load(request);
        return new Answer(Dispatcher.Serve(_buffer.Bytes, request.Length));
    }

    /// <summary>Serves and then tells the dispatcher that the kernel did not take the answer.</summary>
    public void SendUndelivered(RequestBuilder request)
    {
        var length = Load(request.ToArray());
        Dispatcher.UndoUndelivered(_buffer.Bytes, Dispatcher.Serve(_buffer.Bytes, length));
    }

    public int Load(byte[] request)
    {
        request.CopyTo(_buffer.Incoming);
        return request.Length;
    }

    /// <summary>Serves what was loaded, taking nothing apart: for counting allocations.</summary>
    public int ServeLoaded(int length) => Dispatcher.Serve(_buffer.Bytes, length).Length;

    public void Dispose() => _buffer.Dispose();
}
