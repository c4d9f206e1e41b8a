using System.Diagnostics;
using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>Turns requests into calls of a <see cref="FileSystem"/> and its results into answers. Knows nothing of how they travel.</summary>
/// <remarks>Has no state that changes with a request: any number of threads may use it, each with its own buffer.</remarks>
internal sealed partial class Dispatcher(FileSystem fileSystem, RequestCounters counters, SessionOptions options)
{
    private int _stopped;
    private long _reported; // one bit per opcode whose exception was logged

    /// <summary>SETXATTR_EXT was granted: requests of that kind are longer.</summary>
    public bool HasLongSetXattr { get; set; }

    /// <summary>
    /// Serves the request in the first <paramref name="received"/> bytes of <paramref name="buffer"/>. The result lies in the
    /// same buffer and is empty where the kernel wants no answer.
    /// </summary>
    public ReadOnlySpan<byte> Serve(Span<byte> buffer, int received)
    {
        if (received < Exchange.HeaderSize) return default;

        var begin = options.Trace is null ? 0 : Stopwatch.GetTimestamp();
        var exchange = new Exchange(buffer, received);
        var opcode = exchange.Header.Opcode;
        counters.Count(opcode);
        Errno error;
        try
        {
            error = exchange.IsWhole ? Call(ref exchange, opcode) : Errno.IO;
        }
        catch (Exception e)
        {
            Report(opcode, e);
            error = Errno.IO;
        }
        if (opcode == Opcode.Write) counters.CountEndedWrite();
        var answer = exchange.IsSilent ? default : exchange.Seal(error);
        options.Trace?.Invoke(RequestText.Of(buffer[..received], answer, Stopwatch.GetElapsedTime(begin)));
        return answer;
    }

    /// <summary>The kernel did not take the answer, its connection being aborted: what it would have counted or closed is given back.</summary>
    public void UndoUndelivered(ReadOnlySpan<byte> request, ReadOnlySpan<byte> answer)
    {
        var header = MemoryMarshal.Read<InHeader>(request);
        if (MemoryMarshal.Read<OutHeader>(answer).Error != 0) return;

        var body = answer[Exchange.AnswerHeaderSize..];
        var asker = new Request { Unique = header.Unique, Uid = header.Uid, Gid = header.Gid, Pid = header.Pid };
        switch (header.Opcode)
        {
            case Opcode.Lookup or Opcode.Mknod or Opcode.Mkdir or Opcode.Symlink or Opcode.Link:
                ForgetOne(MemoryMarshal.Read<EntryOut>(body).Node, 1);
                break;
            case Opcode.Create or Opcode.TmpFile:
                var created = MemoryMarshal.Read<CreateOut>(body);
                fileSystem.Release(asker, created.Entry.Node, created.Open.Handle);
                ForgetOne(created.Entry.Node, 1);
                break;
            case Opcode.Open:
                fileSystem.Release(asker, header.Node, MemoryMarshal.Read<OpenOut>(body).Handle);
                break;
            case Opcode.OpenDir:
                fileSystem.ReleaseDirectory(asker, header.Node, MemoryMarshal.Read<OpenOut>(body).Handle);
                break;
        }
    }

    /// <summary>Tells the file system, once, that no request will follow.</summary>
    public void Stop()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0) fileSystem.Stopped();
    }

    private Errno Call(ref Exchange exchange, Opcode opcode) => opcode switch
    {
        Opcode.Lookup => Lookup(ref exchange),
        Opcode.Forget => Forget(ref exchange),
        Opcode.GetAttr => GetAttr(ref exchange),
        Opcode.SetAttr => SetAttr(ref exchange),
        Opcode.ReadLink => ReadLink(ref exchange),
        Opcode.Symlink => Symlink(ref exchange),
        Opcode.Mknod => Mknod(ref exchange),
        Opcode.Mkdir => Mkdir(ref exchange),
        Opcode.Unlink => Unlink(ref exchange),
        Opcode.Rmdir => Rmdir(ref exchange),
        Opcode.Rename => Rename(ref exchange),
        Opcode.Link => Link(ref exchange),
        Opcode.Open => Open(ref exchange),
        Opcode.Read => Read(ref exchange),
        Opcode.Write => Write(ref exchange),
        Opcode.StatFs => StatFs(ref exchange),
        Opcode.Release => Release(ref exchange),
        Opcode.FSync => FSync(ref exchange),
        Opcode.SetXattr => SetXattr(ref exchange),
        Opcode.GetXattr => GetXattr(ref exchange),
        Opcode.ListXattr => ListXattr(ref exchange),
        Opcode.RemoveXattr => RemoveXattr(ref exchange),
        Opcode.Flush => Flush(ref exchange),
        Opcode.OpenDir => OpenDir(ref exchange),
        Opcode.ReadDir => ReadDir(ref exchange),
        Opcode.ReleaseDir => ReleaseDir(ref exchange),
        Opcode.FSyncDir => FSyncDir(ref exchange),
        Opcode.GetLock => GetLock(ref exchange),
        Opcode.SetLock => SetLock(ref exchange, wait: false),
        Opcode.SetLockWait => SetLock(ref exchange, wait: true),
        Opcode.Access => Access(ref exchange),
        Opcode.Create => Create(ref exchange),
        Opcode.Interrupt or Opcode.NotifyReply => Ignore(ref exchange),
        Opcode.BlockMap => BlockMap(ref exchange),
        Opcode.Destroy => Destroy(),
        Opcode.Ioctl => Ioctl(ref exchange),
        Opcode.Poll => Poll(ref exchange),
        Opcode.BatchForget => BatchForget(ref exchange),
        Opcode.Fallocate => Fallocate(ref exchange),
        Opcode.ReadDirPlus => ReadDirPlus(ref exchange),
        Opcode.Rename2 => Rename2(ref exchange),
        Opcode.LSeek => LSeek(ref exchange),
        Opcode.CopyFileRange or Opcode.CopyFileRange64 => CopyFileRange(ref exchange),
        Opcode.TmpFile => TmpFile(ref exchange),
        Opcode.Statx => Statx(ref exchange),
        Opcode.Init => Errno.IO, // comes once, before the others: see Handshake
        _ => Errno.NOSYS,
    };

    private static Errno Ignore(ref Exchange exchange)
    {
        exchange.IsSilent = true;
        return Errno.None;
    }

    private Errno Destroy()
    {
        Stop();
        return Errno.None;
    }

    private void Report(Opcode opcode, Exception exception)
    {
        var bit = 1L << (int)((uint)opcode % 64);
        if ((Interlocked.Or(ref _reported, bit) & bit) == 0) options.Log?.Invoke($"{opcode} failed inside the file system and was answered with an I/O error: {exception}");
    }
}
