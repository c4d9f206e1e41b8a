using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace OverlayFuse.Union.Tests;

/// <summary>Runs code with the rights of an ordinary user although the tests run as root: on a thread that gives its rights up and ends.</summary>
internal static class OrdinaryUser
{
    public const uint Id = 1000;

    public static void Run(Action action) => Run(action, Id, Id, []);

    public static unsafe void Run(Action action, uint uid, uint gid, uint[] groups)
    {
        if (!Scratch.IsRoot)
        {
            action();
            return;
        }

        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                // By system call and not by libc, which would change every thread of the process.
                var isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
                fixed (uint* supplementary = groups) Check(syscall(isX64 ? 116 : 159, groups.Length, (nint)supplementary, 0));
                Check(syscall(isX64 ? 119 : 149, (nint)gid, (nint)gid, (nint)gid));
                Check(syscall(isX64 ? 117 : 147, (nint)uid, (nint)uid, (nint)uid));
                action();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    private static void Check(nint result)
    {
        if (result != 0) throw new InvalidOperationException("cannot become an ordinary user");
    }

    [DllImport("libc")]
    private static extern nint syscall(nint number, nint a, nint b, nint c);
}
