using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

/// <summary>
/// What Linux offers, by file descriptor and byte name. Each method is named after the system call it makes and returns its
/// error number; results come in out parameters. Interrupted calls (EINTR) are made again. Names may hold any byte but NUL.
/// </summary>
/// <remarks>The only P/Invoke of the project lives in the partials of this class.</remarks>
public static unsafe partial class Syscall
{
    private const string C = "libc";

    private static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>The error of a call that says -1 on failure.</summary>
    private static Errno Check(int result) => result < 0 ? LastError : Errno.None;

    private static Errno Check(nint result) => result < 0 ? LastError : Errno.None;

    private static Errno Check(long result) => result < 0 ? LastError : Errno.None;
}
