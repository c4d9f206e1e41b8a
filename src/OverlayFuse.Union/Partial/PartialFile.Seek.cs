using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Data and holes, joined like the bytes.
internal sealed partial class PartialFile
{
    /// <summary>lseek(2) with <see cref="Whence.Data"/> or <see cref="Whence.Hole"/>.</summary>
    public Errno Seek(long offset, Whence whence, out long result)
    {
        result = 0;
        var error = Syscall.Stat(_upper, out var status);
        if (error != Errno.None) return error;
        var size = (long)status.Size;
        if (offset < 0 || offset >= size) return Errno.NXIO;
        while (offset < size)
        {
            var end = RunEnd(offset, size, out var isAbove);
            if (!isAbove && _isOther) return Errno.IO;
            error = Syscall.LSeek(isAbove ? _upper : _lower, offset, whence, out result);
            if (error == Errno.None && result < end) return Errno.None;
            if (error is not (Errno.None or Errno.NXIO)) return error;
            offset = end;
        }
        result = size;
        return whence == Whence.Hole ? Errno.None : Errno.NXIO; // behind the end of every file there is a hole
    }
}
