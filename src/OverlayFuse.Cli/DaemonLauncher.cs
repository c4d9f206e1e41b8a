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

    private static readonly string[] NoMatter = ["-n", "-s", "-v"]; // see DropInCommand
    private static WaitingDaemon? _waiting;

    /// <summary>
    /// Starts a daemon for the mount that the words most likely ask for, before anybody has looked at them closely: it needs longer to start than they to be
    /// understood. See <see cref="Abandon"/>.
    /// </summary>
    public static void Prepare(RawArguments arguments)
    {
        if (LikelyMountPoint(arguments) is not { Length: > 0 } place || place.StartsWith("/dev/fd/", StringComparison.Ordinal)) return;
        _ = Start(Caller.AbsoluteIn(Caller.CurrentDirectory(), ByteText.Bytes(place)), Fd.None, out _waiting);
    }

    /// <summary>There will be no <see cref="Launch"/>: a daemon without a job ends, and nothing of it is left when this returns.</summary>
    public static void Abandon()
    {
        if (_waiting is not { } daemon) return;
        _waiting = null;
        daemon.Job.Close();
        daemon.Reply.Close();
        _ = Syscall.WaitPid(daemon.Pid, out _);
    }

    /// <exception cref="MountException">The daemon's own sentence, or what kept it from starting.</exception>
    public static void Launch(MountJob job)
    {
        if (_waiting is not { } daemon || !daemon.MountPoint.AsSpan().SequenceEqual(job.Union.MountPoint))
        {
            Abandon();

            // A mount point /dev/fd/N is a descriptor that the caller mounted; the daemon needs it under its number.
            var mounted = Descriptors.Named(job.Union.MountPoint);
            Descriptors.CloseInherited(mounted); // they may be all that we are allowed to have
            if (Start(job.Union.MountPoint, mounted, out var started) is not Errno.None and var error) throw CannotStart(error);
            daemon = started!;
        }
        _waiting = null;
        _ = Syscall.WriteAll(daemon.Job, MountJobText.Write(job)); // a daemon that died meanwhile is found out below
        daemon.Job.Close();
        Await(daemon.Reply, daemon.Pid);
    }

    /// <summary>The last word that is no flag and belongs to none; null: this is no mount, or one that stays in the foreground, or not to be told at a glance.</summary>
    internal static string? LikelyMountPoint(RawArguments arguments)
    {
        var isVerb = CommandWords.HaveVerb(arguments);
        if (isVerb && arguments.Words is not ["mount", ..]) return null;
        var (place, haveOptions) = ((string?)null, isVerb);
        for (var i = isVerb ? 1 : 0; i < arguments.Words.Count; i++)
        {
            var word = arguments.Words[i];
            if (CommandWords.TakeValue.Contains(word)) i++;
            else if (!word.StartsWith('-')) place = word;
            else if (!word.StartsWith("-o", StringComparison.Ordinal) && !NoMatter.Contains(word)) return null;
            haveOptions |= word.StartsWith('-');
        }
        return haveOptions ? place : null;
    }

    private static Errno Start(byte[] mountPoint, Fd mounted, out WaitingDaemon? daemon)
    {
        daemon = null;
        Fd jobOut = Fd.None, jobIn = Fd.None, readyOut = Fd.None, readyIn = Fd.None;
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
            }, out var pid);
            if (error == Errno.None) daemon = new WaitingDaemon(pid, mountPoint, jobIn, readyOut);
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

    /// <param name="Job">Where it reads its job.</param>
    /// <param name="Reply">Where it says what became of it.</param>
    private sealed record WaitingDaemon(int Pid, byte[] MountPoint, Fd Job, Fd Reply);
}
