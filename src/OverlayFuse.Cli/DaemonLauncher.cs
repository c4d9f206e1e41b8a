using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>
/// Starts this program again as the daemon of a mount, hands it the job and waits until the mount is live. The runtime cannot
/// fork(2), so what a forked child would inherit goes through pipes: the job in at 0, the word that it is mounted out at 1.
/// </summary>
internal static class DaemonLauncher
{
    /// <summary>The first argument of a daemon; the mount point behind it is for ps(1).</summary>
    public const string Argument = "--daemon";

    /// <exception cref="MountException">The daemon's own sentence, or what kept it from starting.</exception>
    public static void Launch(MountJob job)
    {
        // A mount point /dev/fd/N is a descriptor that the caller mounted; the daemon needs it under its number.
        var mounted = Descriptors.Named(job.Union.MountPoint);
        Descriptors.CloseInherited(mounted);
        if (Syscall.OpenAt(DirFd.Cwd, "/dev/null"u8, OpenFlags.ReadWrite, 0, out var nothing) is not Errno.None and var noNull) throw CannotStart(noNull);
        if (Syscall.Pipe(out var jobOut, out var jobIn) is not Errno.None and var noPipe) throw CannotStart(noPipe);
        if (Syscall.Pipe(out var readyOut, out var readyIn) is not Errno.None and var noSecondPipe) throw CannotStart(noSecondPipe);

        var descriptors = new List<(Fd, int)> { (jobOut, 0), (readyIn, 1), (nothing, 2) };
        if (mounted.IsOpen) descriptors.Add((mounted, mounted.Number));
        var error = Syscall.Spawn(new SpawnRequest
        {
            File = "/proc/self/exe"u8.ToArray(),
            Arguments = ["overlayfuse"u8.ToArray(), ByteText.Bytes(Argument), job.Union.MountPoint],
            Environment = ["DOTNET_EnableDiagnostics=0"u8.ToArray()],
            Descriptors = descriptors,
            NewSession = true,
        }, out var pid);
        if (error != Errno.None) throw CannotStart(error);

        jobOut.Close();
        readyIn.Close();
        _ = Syscall.WriteAll(jobIn, MountJobText.Write(job)); // a daemon that died meanwhile is found out below
        jobIn.Close();
        Await(readyOut, pid);
    }

    private static void Await(Fd ready, int pid)
    {
        while (DaemonReply.Read(ready) is { } reply)
        {
            if (reply.MoreFollows)
            {
                Terminal.Say(reply.Sentences);
                continue;
            }
            if (!reply.IsLive) throw new MountException(string.Join('\n', reply.Sentences));
            Terminal.Say(reply.Sentences);
            return;
        }
        _ = Syscall.WaitPid(pid, out var exitCode);
        throw new MountException($"the daemon ended before the mount was live ({(exitCode > 128 ? $"signal {exitCode - 128}" : $"exit code {exitCode}")}). Run the same command with -f to see more.");
    }

    // posix_spawn(3) says INVAL where a number it is to give is beyond the limit.
    private static MountException CannotStart(Errno error) => new(error is Errno.MFILE or Errno.INVAL && Syscall.GetLimit(ResourceLimit.OpenFiles, out var limit, out _) == Errno.None
        ? $"cannot start the daemon of the mount: {error.Describe()}. This process may have {limit} files open (ulimit -n), which is too few; 256 are enough."
        : $"cannot start the daemon of the mount: {error.Describe()}.");
}
