using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

/// <summary>
/// What Linux offers, by file descriptor and byte name. A method makes one system call, or names those it makes; it is called like the system call, or by
/// what the call does here where it can do many things. It returns the error number; results come in out parameters. Names may hold any byte but NUL.
/// </summary>
/// <remarks>
/// A call that a signal may interrupt, by its manual page (EINTR), is made again. Not so close(2), whose descriptor is gone then; ioctl(2), where the driver says
/// what it means; and <see cref="RingEnter"/>. The only P/Invoke of the project lives in the partials of this class.
/// </remarks>
public static unsafe partial class Syscall
{
    private const string C = "libc";

    private static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>The error of a call that says -1 on failure.</summary>
    private static Errno Check(int result) => result < 0 ? LastError : Errno.None;

    private static Errno Check(nint result) => result < 0 ? LastError : Errno.None;

    private static Errno Check(long result) => result < 0 ? LastError : Errno.None;
}
