using System.Runtime.InteropServices;

namespace OverlayFuse.Conformance;

/// <remarks>
/// Not by System.Diagnostics.Process: its start holds a lock until every copy of a pipe is closed, and a thread with a table of its own has one. Two such
/// threads, and a child that ends between them, wait for each other for ever.
/// </remarks>
internal static unsafe partial class Native
{
    [LibraryImport(C, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int posix_spawn(out int process, string path, nint actions, nint attributes, byte** arguments, byte** environment);

    [LibraryImport(C, SetLastError = true)]
    public static partial int waitpid(int process, out int status, int options);

    [LibraryImport(C, SetLastError = true)]
    public static partial int kill(int process, int signal);
}
