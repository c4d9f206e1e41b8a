using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

// Open directories.
internal sealed partial class Dispatcher
{
    private Errno OpenDir(ref Exchange exchange)
    {
        if (!exchange.TryTake(out OpenIn open)) return Errno.INVAL;

        var error = fileSystem.OpenDirectory(exchange.Request, exchange.Node, (OpenFlags)open.Flags, out var reply);
        return error == Errno.None ? exchange.Answer(OpenOut.From(reply)) : error;
    }

    private Errno ReadDir(ref Exchange exchange)
    {
        if (!exchange.TryTake(out TransferIn read)) return Errno.INVAL;

        var listing = new DirectoryBuffer(exchange.Space(read.Size), plus: false);
        var error = fileSystem.ReadDirectory(exchange.Request, exchange.Node, read.Handle, (ulong)read.Offset, ref listing);
        exchange.Length = listing.Length;
        return error;
    }

    private Errno ReadDirPlus(ref Exchange exchange)
    {
        if (!exchange.TryTake(out TransferIn read)) return Errno.INVAL;

        var listing = new DirectoryBuffer(exchange.Space(read.Size), plus: true);
        var error = fileSystem.ReadDirectoryPlus(exchange.Request, exchange.Node, read.Handle, (ulong)read.Offset, ref listing);
        exchange.Length = listing.Length;
        return error;
    }

    private Errno ReleaseDir(ref Exchange exchange) =>
        exchange.TryTake(out ReleaseIn release) ? fileSystem.ReleaseDirectory(exchange.Request, exchange.Node, release.Handle) : Errno.INVAL;

    private Errno FSyncDir(ref Exchange exchange)
    {
        if (!exchange.TryTake(out FSyncIn sync)) return Errno.INVAL;

        return fileSystem.FSyncDirectory(exchange.Request, exchange.Node, sync.Handle, (sync.Flags & FSyncIn.DataOnly) != 0);
    }
}
