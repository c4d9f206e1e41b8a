namespace OverlayFuse.Linux;

/// <summary>A test that looks at system calls before they are made; see <see cref="SyscallSeam"/>.</summary>
internal interface ISyscallWatcher
{
    /// <summary>Asked before each call, by whichever thread makes it.</summary>
    /// <returns><see cref="Errno.None"/>: the call is made. Any other value is given to the caller in its place.</returns>
    Errno Before(in WatchedCall call);
}
