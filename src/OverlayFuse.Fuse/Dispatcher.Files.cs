using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

// Open files: open, create, data, locks, ioctl.
internal sealed partial class Dispatcher
{
    private Errno Open(ref Exchange exchange)
    {
        if (!exchange.TryTake(out OpenIn open)) return Errno.INVAL;

        var error = fileSystem.Open(exchange.Request, exchange.Node, (OpenFlags)open.Flags, (open.OpenFlags & OpenIn.KillSuidGid) != 0, out var reply);
        return error == Errno.None ? exchange.Answer(OpenOut.From(reply)) : error;
    }

    private Errno Create(ref Exchange exchange)
    {
        if (!exchange.TryTake(out CreateIn create) || !exchange.TryTakeName(out var name)) return Errno.INVAL;

        var error = fileSystem.Create(exchange.Request, exchange.Node, name, create.Mode, create.Umask, (OpenFlags)create.Flags, out var entry, out var reply);
        return error == Errno.None ? exchange.Answer(new CreateOut { Entry = EntryOut.From(entry), Open = OpenOut.From(reply) }) : error;
    }

    private Errno TmpFile(ref Exchange exchange)
    {
        if (!exchange.TryTake(out CreateIn create)) return Errno.INVAL; // the name that follows means nothing

        var error = fileSystem.TmpFile(exchange.Request, exchange.Node, create.Mode, create.Umask, (OpenFlags)create.Flags, out var entry, out var reply);
        return error == Errno.None ? exchange.Answer(new CreateOut { Entry = EntryOut.From(entry), Open = OpenOut.From(reply) }) : error;
    }

    private Errno Read(ref Exchange exchange)
    {
        if (!exchange.TryTake(out TransferIn read)) return Errno.INVAL;

        var space = exchange.Space(read.Size);
        var error = fileSystem.Read(exchange.Request, exchange.Node, read.Handle, read.Offset, space, out var count);
        return error == Errno.None ? Filled(ref exchange, count, space.Length) : error;
    }

    private Errno Write(ref Exchange exchange)
    {
        if (!exchange.TryTake(out TransferIn write) || !exchange.TryTakeBytes(write.Size, out var data)) return Errno.INVAL;

        var error = fileSystem.Write(exchange.Request, exchange.Node, write.Handle, write.Offset, data, (WriteFlags)write.TransferFlags, out var count);
        return error == Errno.None ? exchange.Answer(new OneNumber { Value = (uint)count }) : error;
    }

    private Errno Flush(ref Exchange exchange) =>
        exchange.TryTake(out FlushIn flush) ? fileSystem.Flush(exchange.Request, exchange.Node, flush.Handle) : Errno.INVAL;

    private Errno Release(ref Exchange exchange) =>
        exchange.TryTake(out ReleaseIn release) ? fileSystem.Release(exchange.Request, exchange.Node, release.Handle) : Errno.INVAL;

    private Errno FSync(ref Exchange exchange)
    {
        if (!exchange.TryTake(out FSyncIn sync)) return Errno.INVAL;

        return fileSystem.FSync(exchange.Request, exchange.Node, sync.Handle, (sync.Flags & FSyncIn.DataOnly) != 0);
    }

    private Errno Fallocate(ref Exchange exchange)
    {
        if (!exchange.TryTake(out FallocateIn ask)) return Errno.INVAL;

        return fileSystem.Fallocate(exchange.Request, exchange.Node, ask.Handle, (FallocateMode)ask.Mode, ask.Offset, ask.Size);
    }

    private Errno LSeek(ref Exchange exchange)
    {
        if (!exchange.TryTake(out LSeekIn seek)) return Errno.INVAL;

        var error = fileSystem.LSeek(exchange.Request, exchange.Node, seek.Handle, seek.Offset, (Whence)seek.Whence, out var result);
        return error == Errno.None ? exchange.Answer(result) : error;
    }

    private Errno CopyFileRange(ref Exchange exchange)
    {
        if (!exchange.TryTake(out CopyFileRangeIn copy)) return Errno.INVAL;

        // The older form tells the result in 32 bits.
        var isLong = exchange.Header.Opcode == Opcode.CopyFileRange64;
        var size = isLong ? copy.Size : Math.Min(copy.Size, uint.MaxValue & ~0xfffu);
        var error = fileSystem.CopyFileRange(exchange.Request, exchange.Node, copy.FromHandle, copy.FromOffset, copy.To, copy.ToHandle, copy.ToOffset, size, out var copied);
        if (error != Errno.None) return error;
        return isLong ? exchange.Answer(copied) : exchange.Answer(new OneNumber { Value = (uint)copied });
    }

    private Errno Ioctl(ref Exchange exchange)
    {
        if (!exchange.TryTake(out IoctlIn ioctl) || !exchange.TryTakeBytes(ioctl.InputSize, out var input)) return Errno.INVAL;

        var head = Unsafe.SizeOf<IoctlOut>();
        var space = exchange.Body[head..];
        if (ioctl.OutputSize < (uint)space.Length) space = space[..(int)ioctl.OutputSize];
        var error = fileSystem.Ioctl(exchange.Request, exchange.Node, ioctl.Handle, ioctl.Command, ioctl.Flags, input, space, out var written);
        if (error != Errno.None) return error;

        MemoryMarshal.Write(exchange.Body, new IoctlOut());
        error = Filled(ref exchange, written, space.Length);
        exchange.Length += head;
        return error;
    }

    private Errno Poll(ref Exchange exchange)
    {
        if (!exchange.TryTake(out PollIn poll)) return Errno.INVAL;

        var error = fileSystem.Poll(exchange.Request, exchange.Node, poll.Handle, poll.Events, out var ready);
        return error == Errno.None ? exchange.Answer(new OneNumber { Value = ready }) : error;
    }

    private Errno GetLock(ref Exchange exchange)
    {
        if (!exchange.TryTake(out LockIn ask)) return Errno.INVAL;

        var error = fileSystem.GetLock(exchange.Request, exchange.Node, ask.Handle, LockOf(ask), out var found);
        return error == Errno.None
            ? exchange.Answer(new LockRange { Start = found.Start, End = found.End, Type = found.Type, Pid = found.Pid })
            : error;
    }

    private Errno SetLock(ref Exchange exchange, bool wait) =>
        exchange.TryTake(out LockIn ask) ? fileSystem.SetLock(exchange.Request, exchange.Node, ask.Handle, LockOf(ask), wait) : Errno.INVAL;

    private static FileLock LockOf(in LockIn ask) =>
        new(ask.Owner, ask.Range.Start, ask.Range.End, ask.Range.Type, ask.Range.Pid, (ask.Flags & LockIn.Flock) != 0);

    private Errno BlockMap(ref Exchange exchange)
    {
        if (!exchange.TryTake(out BlockMapIn ask)) return Errno.INVAL;

        var error = fileSystem.BlockMap(exchange.Request, exchange.Node, ask.Block, ask.BlockSize, out var result);
        return error == Errno.None ? exchange.Answer(result) : error;
    }
}
