using System.Globalization;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>
/// This process, where Native/fork.c has made it the child of the command that people called: it reads the words, plans the mount as any command
/// does, and then stays as the daemon. The parent waits at a pipe for a byte, and if none comes it ends with our exit code.
/// </summary>
internal static class ForkedDaemon
{
    /// <summary>Of the environment: the number of the pipe. Only fork.c sets it, and it is gone from there for whatever else starts.</summary>
    private const string Variable = "OVERLAYFUSE_CALLER";

    /// <summary>The end of the pipe, or <see cref="Fd.None"/>: nothing was forked.</summary>
    public static Fd Caller => int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new Fd(number) : Fd.None;

    /// <summary>Lets go of the caller, and serves until the mount is gone.</summary>
    /// <exception cref="Fuse.MountException">Nothing was mounted; standard error is the caller's again.</exception>
    public static int Serve(MountJob job, Fd caller)
    {
        Descriptors.CloseInherited(Descriptors.Named(job.Union.MountPoint));

        // Close-on-exec: fusermount3 must not keep the caller waiting.
        var error = Syscall.Duplicate(new Fd(2), out var standardError);
        if (error == Errno.None) error = Daemon.LetGo();
        if (error != Errno.None) throw new Fuse.MountException($"cannot let go of the standard streams: {error.Describe()}.");
        _ = Syscall.SetSession(); // until here Ctrl-C ends parent and child
        var isLive = false;
        try
        {
            UnionMount.Run(job,
                live: remarks =>
                {
                    ProcessTitle.SetName();
                    ProcessTitle.Set([.. "overlayfuse "u8, .. ByteText.Bytes(DaemonLauncher.Argument), (byte)' ', .. job.Union.MountPoint]); // fusermount3 was found: PATH may go
                    foreach (var remark in remarks) Terminal.Say(standardError, remark);
                    standardError.Close();
                    _ = Syscall.WriteAll(caller, [1]); // a caller that was killed does not end the mount
                    caller.Close();
                    isLive = true;
                },
                onWait: sentence => Terminal.Say(standardError, sentence));
            Syscall.Exit(0); // all is closed; whoever mounts again at once waits for our locks, not for the runtime
            return 0;
        }
        catch (Exception e) when (isLive && e is not OutOfMemoryException)
        {
            DaemonLog.Say(job, Program.Describe(e));
            return 1;
        }
        catch when (!isLive)
        {
            _ = Syscall.Duplicate2(standardError, 2);
            throw;
        }
    }
}
