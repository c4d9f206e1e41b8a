using System.Text;

namespace OverlayFuse.Conformance;

// Programs.
internal static unsafe partial class Calls
{
    /// <summary>posix_spawn(3) of a program in the current directory, with one argument at most and no environment; gives its process id.</summary>
    public static Result Spawn(string name, string? argument = null)
    {
        fixed (byte* first = Encoding.ASCII.GetBytes(name + "\0"), second = Encoding.ASCII.GetBytes(argument + "\0"))
        {
            var arguments = stackalloc byte*[] { first, argument is null ? null : second, null };
            byte* environment = null;
            var error = Native.posix_spawn(out var process, name, 0, 0, arguments, &environment);
            return new Result($"spawn({name})", error == 0 ? process : -1, (Errno)error);
        }
    }

    /// <summary>waitpid(2): the exit code, or 128 and the signal that ended it.</summary>
    public static int WaitFor(int process)
    {
        int seen, status;
        do seen = Native.waitpid(process, out status, 0);
        while (seen < 0 && (Errno)System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == INTR);
        Same(process, seen);
        return (status & 0x7f) == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);
    }
}
