using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>
/// Starts this program again as the daemon of a mount, hands it the job and waits until the mount is live: where nothing was forked before the
/// runtime began (<see cref="ForkedDaemon"/>), which cannot fork(2). What a forked child would inherit goes through pipes: the job in at 0, the
/// word that it is mounted out at 1.
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
        Descriptors.CloseInherited(mounted); // they may be all that we are allowed to have
        var error = Start(job.Union.MountPoint, mounted, out var pid, out var words, out var reply);
        if (error != Errno.None) throw CannotStart(error);
        _ = Syscall.WriteAll(words, MountJobText.Write(job)); // a daemon that died meanwhile is found out below
        words.Close();
        Await(reply, pid);
    }

    private static Errno Start(byte[] mountPoint, Fd mounted, out int pid, out Fd jobIn, out Fd readyOut)
    {
        pid = 0;
        jobIn = readyOut = Fd.None;
        Fd jobOut = Fd.None, readyIn = Fd.None;
        var error = Syscall.OpenAt(DirFd.Cwd, "/dev/null"u8, OpenFlags.ReadWrite, 0, out var nothing);
        if (error == Errno.None) error = Syscall.Pipe(out jobOut, out jobIn);
        if (error == Errno.None) error = Syscall.Pipe(out readyOut, out readyIn);
        if (error == Errno.None)
        {
            var descriptors = new List<(Fd, int)> { (jobOut, 0), (readyIn, 1), (nothing, 2) };
            if (mounted.IsOpen) descriptors.Add((mounted, mounted.Number));
            error = Syscall.Spawn(new SpawnRequest
            {
                File = "/proc/self/exe"u8.ToArray(),
                Arguments = ["overlayfuse"u8.ToArray(), ByteText.Bytes(Argument), mountPoint],
                Environment = ["DOTNET_EnableDiagnostics=0"u8.ToArray()],
                Descriptors = descriptors,
                NewSession = true,
            }, out pid);
        }
        nothing.Close();
        jobOut.Close();
        readyIn.Close();
        if (error == Errno.None) return error;
        jobIn.Close();
        readyOut.Close();
        return error;
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
