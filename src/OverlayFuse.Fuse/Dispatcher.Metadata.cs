using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

// Attributes, extended attributes, link targets, the file system's own numbers.
internal sealed partial class Dispatcher
{
    private const int LongestTarget = 4095; // the kernel offers a page less its NUL
    private const int LongestXattr = 65536;

    private Errno GetAttr(ref Exchange exchange)
    {
        if (!exchange.TryTake(out GetAttrIn ask)) return Errno.INVAL;

        ulong? handle = (ask.Flags & GetAttrIn.HasHandle) != 0 ? ask.Handle : null;
        var error = fileSystem.GetAttributes(exchange.Request, exchange.Node, handle, out var attributes, out var timeout);
        return error == Errno.None ? AnswerAttributes(ref exchange, attributes, timeout) : error;
    }

    private Errno SetAttr(ref Exchange exchange)
    {
        if (!exchange.TryTake(out SetAttrIn set)) return Errno.INVAL;

        var change = new SetAttributes
        {
            Valid = set.Valid,
            Handle = set.Handle,
            Size = set.Size,
            Mode = set.Mode,
            Uid = set.Uid,
            Gid = set.Gid,
            AccessTime = (set.Valid & SetAttributesMask.AccessTimeNow) != 0 ? Timestamp.Now : new Timestamp(set.AccessSeconds, set.AccessNanoseconds),
            ModifyTime = (set.Valid & SetAttributesMask.ModifyTimeNow) != 0 ? Timestamp.Now : new Timestamp(set.ModifySeconds, set.ModifyNanoseconds),
            ChangeTime = new Timestamp(set.ChangeSeconds, set.ChangeNanoseconds),
        };
        var error = fileSystem.SetAttributes(exchange.Request, exchange.Node, change, out var attributes, out var timeout);
        return error == Errno.None ? AnswerAttributes(ref exchange, attributes, timeout) : error;
    }

    private Errno Statx(ref Exchange exchange)
    {
        if (!exchange.TryTake(out StatxIn ask)) return Errno.INVAL;

        ulong? handle = (ask.Flags & GetAttrIn.HasHandle) != 0 ? ask.Handle : null;
        var error = fileSystem.Statx(exchange.Request, exchange.Node, handle, ask.Mask, out var attributes);
        return error == Errno.None ? exchange.Answer(StatxOut.From(attributes)) : error;
    }

    private Errno ReadLink(ref Exchange exchange)
    {
        var error = fileSystem.ReadLink(exchange.Request, exchange.Node, exchange.Space(LongestTarget), out var length);
        return error == Errno.None ? Filled(ref exchange, length, LongestTarget) : error;
    }

    private Errno StatFs(ref Exchange exchange)
    {
        var error = fileSystem.StatFs(exchange.Request, exchange.Node, out var status);
        return error == Errno.None ? exchange.Answer(StatFsOut.From(status)) : error;
    }

    private Errno Access(ref Exchange exchange) =>
        exchange.TryTake(out OneNumber mask) ? fileSystem.Access(exchange.Request, exchange.Node, mask.Value) : Errno.INVAL;

    private Errno SetXattr(ref Exchange exchange)
    {
        var rest = default(SetXattrInRest);
        if (!exchange.TryTake(out SetXattrIn set) || (HasLongSetXattr && !exchange.TryTake(out rest))) return Errno.INVAL;
        if (!exchange.TryTakeName(out var name) || !exchange.TryTakeBytes(set.Size, out var value)) return Errno.INVAL;

        return fileSystem.SetXattr(exchange.Request, exchange.Node, name, value, set.Flags, (rest.Flags & SetXattrInRest.AclKillSetGid) != 0);
    }

    private Errno GetXattr(ref Exchange exchange)
    {
        if (!exchange.TryTake(out OneNumber ask) || !exchange.TryTakeName(out var name)) return Errno.INVAL;

        var size = Math.Min(ask.Value, LongestXattr);
        var error = fileSystem.GetXattr(exchange.Request, exchange.Node, name, exchange.Space(size), out var length);
        return error == Errno.None ? AnswerXattr(ref exchange, size, length) : error;
    }

    private Errno ListXattr(ref Exchange exchange)
    {
        if (!exchange.TryTake(out OneNumber ask)) return Errno.INVAL;

        var size = Math.Min(ask.Value, LongestXattr);
        var error = fileSystem.ListXattr(exchange.Request, exchange.Node, exchange.Space(size), out var length);
        return error == Errno.None ? AnswerXattr(ref exchange, size, length) : error;
    }

    private Errno RemoveXattr(ref Exchange exchange) =>
        exchange.TryTakeName(out var name) ? fileSystem.RemoveXattr(exchange.Request, exchange.Node, name) : Errno.INVAL;

    private static Errno AnswerAttributes(ref Exchange exchange, in Attributes attributes, TimeSpan timeout)
    {
        var (seconds, nanoseconds) = Validity.Split(timeout);
        return exchange.Answer(new AttrOut { Seconds = seconds, Nanoseconds = nanoseconds, Attributes = attributes });
    }

    private static Errno AnswerXattr(ref Exchange exchange, uint size, int length)
    {
        if (size == 0) return exchange.Answer(new OneNumber { Value = (uint)length });
        return length <= size ? Filled(ref exchange, length, (int)size) : Errno.RANGE;
    }

    /// <summary>The file system wrote into the body itself. A length beyond the space it was given is its mistake.</summary>
    private static Errno Filled(ref Exchange exchange, int length, int space)
    {
        if ((uint)length > (uint)space) return Errno.IO;

        exchange.Length = length;
        return Errno.None;
    }
}
