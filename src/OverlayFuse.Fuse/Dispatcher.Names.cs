using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

// Names: look up, forget, make, remove, rename, link.
internal sealed partial class Dispatcher
{
    private Errno Lookup(ref Exchange exchange)
    {
        if (!exchange.TryTakeName(out var name)) return Errno.INVAL;

        var error = fileSystem.Lookup(exchange.Request, exchange.Node, name, out var entry);
        return error == Errno.None ? exchange.Answer(EntryOut.From(entry)) : error;
    }

    private Errno Forget(ref Exchange exchange)
    {
        exchange.IsSilent = true;
        if (exchange.TryTake(out ulong count)) ForgetOne(exchange.Node, count);
        return Errno.None;
    }

    private Errno BatchForget(ref Exchange exchange)
    {
        exchange.IsSilent = true;
        if (!exchange.TryTake(out BatchForgetIn batch)) return Errno.None;

        for (var i = 0u; i < batch.Count && exchange.TryTake(out ForgetOne one); i++) ForgetOne(one.Node, one.Count);
        return Errno.None;
    }

    private void ForgetOne(NodeId node, ulong count)
    {
        if (node != NodeId.None) fileSystem.Forget(node, count);
    }

    private Errno Mknod(ref Exchange exchange)
    {
        if (!exchange.TryTake(out MknodIn make) || !exchange.TryTakeName(out var name)) return Errno.INVAL;

        var error = fileSystem.Mknod(exchange.Request, exchange.Node, name, make.Mode, make.Umask, make.Device, out var entry);
        return error == Errno.None ? exchange.Answer(EntryOut.From(entry)) : error;
    }

    private Errno Mkdir(ref Exchange exchange)
    {
        if (!exchange.TryTake(out MkdirIn make) || !exchange.TryTakeName(out var name)) return Errno.INVAL;

        var error = fileSystem.Mkdir(exchange.Request, exchange.Node, name, make.Mode, make.Umask, out var entry);
        return error == Errno.None ? exchange.Answer(EntryOut.From(entry)) : error;
    }

    private Errno Symlink(ref Exchange exchange)
    {
        if (!exchange.TryTakeName(out var name) || !exchange.TryTakeName(out var target)) return Errno.INVAL;

        var error = fileSystem.Symlink(exchange.Request, exchange.Node, name, target, out var entry);
        return error == Errno.None ? exchange.Answer(EntryOut.From(entry)) : error;
    }

    private Errno Link(ref Exchange exchange)
    {
        if (!exchange.TryTake(out NodeId node) || !exchange.TryTakeName(out var name)) return Errno.INVAL;

        var error = fileSystem.Link(exchange.Request, node, exchange.Node, name, out var entry);
        return error == Errno.None ? exchange.Answer(EntryOut.From(entry)) : error;
    }

    private Errno Unlink(ref Exchange exchange) =>
        exchange.TryTakeName(out var name) ? fileSystem.Unlink(exchange.Request, exchange.Node, name) : Errno.INVAL;

    private Errno Rmdir(ref Exchange exchange) =>
        exchange.TryTakeName(out var name) ? fileSystem.Rmdir(exchange.Request, exchange.Node, name) : Errno.INVAL;

    private Errno Rename(ref Exchange exchange) =>
        exchange.TryTake(out NodeId newParent) ? Rename(ref exchange, newParent, RenameFlags.None) : Errno.INVAL;

    private Errno Rename2(ref Exchange exchange) =>
        exchange.TryTake(out Rename2In rename) ? Rename(ref exchange, rename.NewParent, (RenameFlags)rename.Flags) : Errno.INVAL;

    private Errno Rename(ref Exchange exchange, NodeId newParent, RenameFlags flags)
    {
        if (!exchange.TryTakeName(out var oldName) || !exchange.TryTakeName(out var newName)) return Errno.INVAL;

        return fileSystem.Rename(exchange.Request, exchange.Node, oldName, newParent, newName, flags);
    }
}
