using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>A file system being served: its connection to the kernel, from the mount to the unmount.</summary>
/// <remarks>
/// The process that serves must not use the mounted files itself. <see cref="Run"/> ends when the file system is unmounted, by
/// whomever; a copy of the mount in another mount namespace keeps it alive, so end on a signal too (<see cref="Stop"/>).
/// </remarks>
public sealed class Session : IDisposable
{
    private const uint HandshakeBuffer = 128 * 1024;
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan WritebackPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan SettlingTime = TimeSpan.FromMilliseconds(200);

    private readonly FileSystem _fileSystem;
    private readonly SessionOptions _options;
    private readonly Dispatcher _dispatcher;
    private readonly MountedDevice _mounted;
    private readonly ManualResetEventSlim _stopAsked = new();
    private WorkerPool? _pool;
    private RingPool? _rings;
    private Notifier? _notifier;
    private int _disposed;

    private Session(MountedDevice mounted, FileSystem fileSystem, SessionOptions options)
    {
        _mounted = mounted;
        _fileSystem = fileSystem;
        _options = options;
        _dispatcher = new Dispatcher(fileSystem, Requests, options);
    }

    /// <summary>INIT was answered: the mount is live. Raised once, on the thread of <see cref="Run"/>; requests wait until it is done.</summary>
    public event Action? Ready;

    /// <summary>Requests are being served: the time for what nobody waits for. Raised once, after <see cref="Ready"/>, on the same thread.</summary>
    public event Action? Underway;

    /// <summary>A fifth of a second later, where the session has not ended by then: what takes the processor is not in the way of the first requests. On the same thread.</summary>
    public event Action? Settled;

    /// <summary>The capabilities in force, from <see cref="FileSystem.Started"/> on.</summary>
    public InitFlags Granted { get; private set; }

    /// <summary>Why requests do not come by io_uring though that is wanted, a sentence; from <see cref="FileSystem.Started"/> on.</summary>
    public string? WhyNoRings { get; private set; }

    /// <summary>How requests travel, from <see cref="FileSystem.Started"/> on.</summary>
    public Transport Transport => _rings is null ? Transport.Device : Transport.Ring;

    /// <summary>The version of the protocol that is spoken.</summary>
    public Version Protocol { get; private set; } = new(0, 0);

    /// <summary>The largest READ and WRITE.</summary>
    public uint MaxWrite { get; private set; }

    /// <summary>What the kernel has asked so far.</summary>
    public RequestCounters Requests { get; } = new();

    /// <summary>The absolute path mounted on; null for a descriptor that was mounted by somebody else.</summary>
    public byte[]? MountPoint => _mounted.MountPoint;

    /// <summary>The device number of the mount, by which /sys/class/bdi and /sys/fs/fuse/connections (the minor) know it; null where it could not be found out.</summary>
    public (uint Major, uint Minor)? Device => _mounted.Device;

    /// <summary>Threads that serve requests now.</summary>
    public int Threads => (_pool?.Threads ?? 0) + (_rings?.Threads ?? 0);

    /// <summary>No thread serves any more. After <see cref="Run"/> that is so but where a request would not end when the connection was aborted.</summary>
    public bool HasEnded => (_pool?.Finished.WaitOne(0) ?? true) && (_rings?.Finished.WaitOne(0) ?? true);

    /// <summary>There from <see cref="FileSystem.Started"/> on.</summary>
    public Notifier Notifier => _notifier ?? throw new InvalidOperationException("the session has not started");

    /// <summary>Mounts; requests are served by <see cref="Run"/>. Failures are told by a <see cref="MountException"/>.</summary>
    public static Session Mount(MountRequest request, FileSystem fileSystem, SessionOptions options) =>
        new(Mounter.Mount(request), fileSystem, options);

    /// <summary>Serves a /dev/fuse descriptor that is mounted already, and closes it in the end.</summary>
    public static Session Attach(Fd device, FileSystem fileSystem, SessionOptions options) =>
        new(new MountedDevice(device, null, null), fileSystem, options);

    /// <summary>Serves requests until the file system is unmounted or <see cref="Stop"/> is called. Returns at once when it never started.</summary>
    public void Run()
    {
        if (Begin() is not { } pool) return;

        // A thread takes a tenth of a millisecond to start, which whoever mounts need not wait for.
        Ready?.Invoke();
        pool.Start();
        Underway?.Invoke();
        if (WaitHandle.WaitAny([pool.Finished, _stopAsked.WaitHandle], SettlingTime) == WaitHandle.WaitTimeout) Settled?.Invoke();
        foreach (var finished in _rings is null ? [pool.Finished] : (WaitHandle[])[pool.Finished, _rings.Finished])
        {
            if (WaitHandle.WaitAny([finished, _stopAsked.WaitHandle]) == 0) continue;
            End(pool);
            break;
        }
        _notifier?.Close();
        _dispatcher.Stop();
    }

    /// <summary>
    /// Takes the mount out of the tree; <see cref="Run"/> goes on until the last user has left. Not to be called while
    /// answering a request. Null on success, else a sentence.
    /// </summary>
    public string? Unmount() => _mounted.Place() is { } path ? Unmounter.Detach(path) : null;

    /// <summary>
    /// Has <see cref="Run"/> unmount and return. Whoever still has a file open there loses it after two seconds; what was written
    /// until then is written back first.
    /// </summary>
    public void Stop() => _stopAsked.Set();

    /// <summary>
    /// <see cref="Stop"/> for a mount that was taken out of the tree and is held by its last users only, when somebody needs what it holds: where it is mounted
    /// anywhere, also in another mount namespace, nothing happens.
    /// </summary>
    public void StopIfDetached()
    {
        if (_mounted.Device is { } device && _mounted.Place() is null && !MountInfo.HasDevice(device.Major, device.Minor)) Stop();
    }

    /// <summary>Registers a file for passthrough. The id is given back by <see cref="CloseBacking"/>; the descriptor may be closed before.</summary>
    /// <returns>NOTSUP where PASSTHROUGH was not granted; PERM without CAP_SYS_ADMIN in the initial user namespace; LOOP where <see cref="SessionOptions.MaxStackDepth"/> is too small.</returns>
    public Errno OpenBacking(Fd file, out int id)
    {
        id = 0;
        if ((Granted & InitFlags.Passthrough) == 0) return Errno.NOTSUP;
        return Syscall.FuseBackingOpen(_mounted.Channel, file, out id);
    }

    /// <summary>Gives a passthrough id back. Open files keep their backing until they are closed.</summary>
    public Errno CloseBacking(int id) => Syscall.FuseBackingClose(_mounted.Channel, id);

    /// <summary>Closes the connection. Whoever still uses the mount gets errors.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;

        _pool?.End();
        _rings?.End();
        _notifier?.Close();
        if (_rings is not null && !_rings.Finished.WaitOne(0)) Abort(); // a ring holds the connection, too

        // Where one still serves, it names the connection by this number.
        if (_rings is null || _rings.Finished.WaitOne(StopInterval)) _mounted.Channel.Close();
    }

    /// <summary>Until requests are served. Null when the mount was gone before.</summary>
    private WorkerPool? Begin()
    {
        try
        {
            if (!Start()) return null;

            _pool = new WorkerPool(_mounted.Channel, _dispatcher, _options, MaxWrite, _rings is not null);
            if (_rings?.Register() is not { } error || error is Errno.None or Errno.NOTCONN or Errno.CONNABORTED or Errno.CANCELED) return _pool; // or it ends at once
            _rings.End();
            Abort();
            throw new MountException($"the kernel offers io_uring for requests and refused a ring of ours: {error.Describe()}. {_options.RingAdvice}");
        }
        catch (MountException)
        {
            _rings?.End();
            _ = Unmount(); // whoever uses it would wait for ever
            throw;
        }
    }

    /// <summary>Stop was asked for: in peace while nobody uses the mount, else by force when the time is over.</summary>
    private void End(WorkerPool pool)
    {
        var until = Environment.TickCount64 + (long)StopPatience.TotalMilliseconds;
        while (_mounted.Place() is { } path && !Unmounter.TryRelease(path))
        {
            if (AwaitEnd(pool, StopInterval)) return;
            if (Environment.TickCount64 < until) continue;

            // What its users have written is not lost with their descriptors. Of shared mappings the kernel holds pages back without the writeback cache, too.
            WriteBack(path);
            Unmounter.Force(path);
            break;
        }
        if (AwaitEnd(pool, StopInterval)) return;

        _fileSystem.WriteBack();
        AwaitWrites();
        pool.End();
        _rings?.End();
        if (Abort()) AwaitEnd(pool, StopPatience);
    }

    private bool AwaitEnd(WorkerPool pool, TimeSpan patience) => pool.Finished.WaitOne(patience) && (_rings?.Finished.WaitOne(patience) ?? true);

    private bool Abort()
    {
        if (_mounted.Device is { } device && ConnectionControl.TryAbort(device.Minor)) return true;
        if (_mounted.Place() is not { } path) return false;
        Unmounter.Force(path); // where the switch is not there
        return true;
    }

    private void WriteBack(byte[] path)
    {
        Unmounter.WriteBack(path, WritebackPatience);
        AwaitWrites();
    }

    // The kernel does not wait for the writes that it was made to begin (sync(2) of a FUSE mount), so we wait until none is being served and none came any
    // more: one may take long (a copy-up, a slow disk), and the others wait for it, some of them in the kernel.
    private void AwaitWrites()
    {
        var until = Environment.TickCount64 + (long)WritebackPatience.TotalMilliseconds;
        for (var before = (Ended: -1L, Begun: -1L); Environment.TickCount64 < until; Thread.Sleep(StopInterval))
        {
            var now = (Ended: Requests.EndedWrites, Begun: Requests[Opcode.Write]); // in this order: what is told to have ended has begun
            if (now.Ended == now.Begun && now == before) return;
            before = now;
        }
    }

    /// <summary>Answers INIT. False when the mount was gone before.</summary>
    private bool Start()
    {
        using var buffer = new RequestBuffer(HandshakeBuffer);
        while (true)
        {
            var error = Syscall.Read(_mounted.Channel, buffer.Incoming, out var received);
            if (error == Errno.NOENT) continue;
            if (error == Errno.AGAIN)
            {
                Syscall.Poll(_mounted.Channel, PollEvents.In, -1, out _);
                continue;
            }
            if (error == Errno.PERM) throw new MountException("the descriptor that was given is not mounted");
            if (error != Errno.None || received < Exchange.HeaderSize) return false;
            if (Answer(buffer.Bytes, received)) return true;
        }
    }

    /// <summary>True when INIT was agreed on; false to read on, a kernel of another major version trying again with ours.</summary>
    private bool Answer(Span<byte> buffer, int received)
    {
        var exchange = new Exchange(buffer, received);
        Requests.Count(exchange.Header.Opcode);
        if (exchange.Header.Opcode != Opcode.Init || !Handshake.TryRead(exchange.Rest, out var offer, out var offered))
        {
            Syscall.Write(_mounted.Channel, exchange.Seal(Errno.IO), out _);
            return false;
        }
        if (offer.Major > Handshake.Major)
        {
            exchange.Answer(new InitOut { Major = Handshake.Major, Minor = Handshake.Minor });
            Syscall.Write(_mounted.Channel, exchange.Seal(Errno.None), out _);
            return false;
        }

        var error = Handshake.Agree(offer, offered, _options, Environment.SystemPageSize, out var answer, out var agreement);
        if (error == Errno.None && !MayUseRings(agreement)) error = Handshake.Agree(offer, offered & ~InitFlags.OverIoUring, _options, Environment.SystemPageSize, out answer, out agreement);
        if (error != Errno.None)
        {
            Syscall.Write(_mounted.Channel, exchange.Seal(error), out _);
            throw new MountException($"this kernel speaks version {offer.Major}.{offer.Minor} of the FUSE protocol; 7.{Handshake.OldestMinor} or later is needed");
        }

        Granted = agreement.Granted;
        Protocol = new Version((int)Handshake.Major, (int)agreement.Minor);
        MaxWrite = agreement.MaxWrite;
        _dispatcher.HasLongSetXattr = (Granted & InitFlags.SetXattrExt) != 0;
        _notifier = new Notifier(_mounted.Channel, Granted, agreement.Minor, _options.Log);
        if (_rings is not null) _notifier.Start(); // not by a thread that is bound to a processor: it would be bound, too
        _fileSystem.Started(this); // before the answer: the first request may follow it at once

        exchange.Answer(answer);
        error = Syscall.Write(_mounted.Channel, exchange.Seal(Errno.None), out _);
        if (error != Errno.None) throw new MountException($"the kernel refused the answer to INIT: {error.Describe()}");
        return true;
    }

    /// <summary>Makes the rings where they are agreed on; false where that failed.</summary>
    private bool MayUseRings(in Handshake.Agreement agreement)
    {
        if ((_options.Wanted & InitFlags.OverIoUring) == 0) return true;
        string? refusal;
        if ((agreement.Granted & InitFlags.OverIoUring) != 0) _rings = RingPool.TryStart(_mounted.Channel, _dispatcher, _options, agreement.MaxWrite, () => Abort(), out refusal);
        else refusal = "the kernel offers no rings for requests. It has them since Linux 6.14, and root turns them on: echo Y >/sys/module/fuse/parameters/enable_uring.";
        WhyNoRings = refusal;
        return refusal is null || (agreement.Granted & InitFlags.OverIoUring) == 0;
    }
}
