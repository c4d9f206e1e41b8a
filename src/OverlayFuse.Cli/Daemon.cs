using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The other side of <see cref="DaemonLauncher"/>: takes the job, lets go of the caller, serves until the mount is gone.</summary>
internal static class Daemon
{
    public static int Run(string[] arguments)
    {
        // Container tools wait for the end of the pipes that they have open.
        Descriptors.CloseInherited(Descriptors.Named(Encoding.UTF8.GetBytes(arguments.Length > 1 ? arguments[1] : "")));
        var job = Descriptors.ReadToEnd(new Fd(0), out _) is { } text ? MountJobText.Read(text) : null;
        if (job is null)
        {
            Terminal.Say($"{DaemonLauncher.Argument} is for overlayfuse itself. To mount: overlayfuse mount -o lowerdir=A:B,upperdir=U,workdir=W MERGED");
            return 1;
        }

        // Close-on-exec: fusermount3 must not keep the caller waiting.
        if (Syscall.Duplicate(new Fd(1), out var caller) != Errno.None || LetGo() != Errno.None) return 1;
        ProcessTitle.SetName();
        var told = false;
        try
        {
            UnionMount.Run(job,
                live: remarks => told = Tell(caller, new DaemonReply(true, remarks)),
                onWait: sentence => _ = Syscall.WriteAll(caller, new DaemonReply(false, [sentence], MoreFollows: true).Write()));
            Syscall.Exit(0); // all is closed; whoever mounts again at once waits for our locks, not for the runtime
            return 0;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            if (told) DaemonLog.Say(job, Program.Describe(e));
            else Tell(caller, new DaemonReply(false, [Program.Describe(e)]));
            return 1;
        }
    }

    private static bool Tell(Fd caller, DaemonReply reply)
    {
        _ = Syscall.WriteAll(caller, reply.Write()); // a caller that was killed does not end the mount
        caller.Close();
        return true;
    }

    /// <summary>Puts nothing into the standard streams.</summary>
    public static Errno LetGo()
    {
        var error = Syscall.OpenAt(DirFd.Cwd, "/dev/null"u8, OpenFlags.ReadWrite, 0, out var nothing);
        for (var number = 0; number <= 2 && error == Errno.None; number++) error = Syscall.Duplicate2(nothing, number);
        nothing.Close();
        return error;
    }
}
