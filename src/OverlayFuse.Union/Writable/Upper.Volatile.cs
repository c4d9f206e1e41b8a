using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// volatile: nothing is synced, but an error that would have been reported is reported from then on (overlayfs.rst, "Volatile mount").
internal sealed partial class Upper
{
    private volatile Errno _latched;

    /// <summary>A write to the upper failed for good.</summary>
    public void Failed(Errno error)
    {
        if (durability == Durability.Volatile && error == Errno.IO) _latched = error;
    }

    /// <summary>What fsync(2) answers instead of syncing: the first error of the upper, once there was one.</summary>
    public Errno LatchedError(Fd file)
    {
        if (_latched != Errno.None) return _latched;
        var error = Syscall.AwaitWriteback(file);
        if (error is Errno.IO or Errno.NOSPC) _latched = error;
        return _latched;
    }
}
