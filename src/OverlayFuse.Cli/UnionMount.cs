using System.Runtime.InteropServices;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>The life of a mount: open the layers, mount, serve, and be gone when it is unmounted.</summary>
internal static class UnionMount
{
    private const int ReadAheadKiB = 1024;
    private const int MinRatio = 1; // percent of what may be dirty, guaranteed
    private const int MaxRatio = 100;

    /// <param name="live">Called once the mount can be used, with what there is to say about it.</param>
    /// <param name="onWait">Called before that with a sentence, when it takes long.</param>
    /// <param name="trace">Called with a line about each request.</param>
    /// <exception cref="MountException">It could not be mounted, or the connection to the kernel broke.</exception>
    public static void Run(MountJob job, Action<IReadOnlyList<string>> live, Action<string> onWait, Action<string>? trace = null)
    {
        StopSignals? signals = null;
        try
        {
            // Until the layers are open a signal ends us, as it does everybody.
            Run(job, opened: () => signals = new StopSignals(), mounted: session => signals!.Watch(session), live, onWait, trace);
        }
        finally
        {
            signals?.Dispose();
        }
    }

    /// <param name="opened">Called when all layers are open, before anything is mounted.</param>
    /// <param name="mounted">Gets the session, whose end it may ask for.</param>
    /// <param name="live">Called once the mount can be used, with what there is to say about it.</param>
    /// <param name="onWait">Called before that with a sentence, when it takes long.</param>
    /// <param name="trace">Called with a line about each request.</param>
    /// <exception cref="MountException">It could not be mounted, or the connection to the kernel broke.</exception>
    public static void Run(MountJob job, Action opened, Action<Session> mounted, Action<IReadOnlyList<string>> live, Action<string> onWait, Action<string>? trace = null)
    {
        OpenLog(job);

        LiftFileSize();
        Syscall.Umask(0); // modes come from the kernel with the umask of the process that asks, and our own files have theirs

        // All layers are open before the mount is live: callers take theirs away as soon as we return.
        var fileSystem = UnionFileSystem.Open(job.Union, onWait);
        var isServing = false;
        try
        {
            isServing = Serve(fileSystem, job, opened, mounted, live, trace);
        }
        finally
        {
            // What a request still uses stays open until the process ends: a number closed under it could be another file's the next moment.
            if (!isServing) fileSystem.Dispose();
        }
    }

    // True where a request would not end when the mount did.
    private static bool Serve(UnionFileSystem fileSystem, MountJob job, Action opened, Action<Session> mounted, Action<IReadOnlyList<string>> live, Action<string>? trace)
    {
        opened();
        _ = Syscall.ChDir("/"u8); // no directory of the caller is kept busy
        using var tooLarge = PosixSignalRegistration.Create((PosixSignal)Signal.FileSizeExceeded, signal => signal.Cancel = true);
        using var statistics = PosixSignalRegistration.Create((PosixSignal)Signal.User1, signal => SayStatus(signal, job, fileSystem));
        using var session = Session.Mount(Request(job), fileSystem, fileSystem.SessionOptionsWith(sentence => DaemonLog.Say(job, sentence), trace));
        mounted(session);
        session.Ready += () =>
        {
            Tune(session);
            live(fileSystem.Remarks);
            session.Settled += LetGo; // it takes a millisecond, and what was let go of comes back in as many pieces
        };
        session.Run();
        var isServing = !session.HasEnded;
        foreach (var sentence in fileSystem.End(isServing)) DaemonLog.Say(job, sentence);
        return isServing;
    }

    // A daemon a mount: what parsed, looked and asked is not needed any more. And what copies and writes is needed at once, some day: not to be waited for then.
    private static void LetGo()
    {
        ProgramCode.LetGo();
        Syscall.ReadAhead("/proc/self/exe");
    }

    // As fuse-overlayfs does on this signal, which would otherwise end us.
    private static void SayStatus(PosixSignalContext signal, MountJob job, UnionFileSystem fileSystem)
    {
        signal.Cancel = true;
        DaemonLog.Say(job, StatusVerb.Line(fileSystem.Status()));
    }

    // INIT caps read-ahead at 128 KiB, and a FUSE mount may fill 1 % of the dirty limit only, at first nothing of it; root can raise all of it. Best effort.
    private static void Tune(Session session)
    {
        if (Syscall.GetEUid() == 0 && session.Device is { } device) BackingDeviceInfo.TryTune(device.Major, device.Minor, ReadAheadKiB, MinRatio, MaxRatio);
    }

    // How large a file may be is for the kernel to say to each writer; a limit of ours would meet them all. Where it cannot be lifted they
    // get EFBIG, and the signal that comes with it must not end the mount.
    private static void LiftFileSize()
    {
        if (Syscall.SetLimit(ResourceLimit.FileSize, ulong.MaxValue, ulong.MaxValue) == Errno.None) return;
        if (Syscall.GetLimit(ResourceLimit.FileSize, out _, out var maximum) == Errno.None) _ = Syscall.SetLimit(ResourceLimit.FileSize, maximum, maximum);
    }

    private static MountRequest Request(MountJob job) => new()
    {
        MountPoint = job.Union.MountPoint,
        Source = job.Source,
        Subtype = job.Subtype,
        Replaces = OverlayType.IsUnion, // what the killed daemon of a union has left is in nobody's way
        Flags = job.Flags,
        AllowOther = job.AllowOther,
        Labels = job.Labels,
    };

    private static void OpenLog(MountJob job)
    {
        if (job.LogFile is not { } path) return;
        var error = Syscall.OpenAt(DirFd.Cwd, path, OpenFlags.WriteOnly | OpenFlags.Append | OpenFlags.Create, Mode.OwnerReadWriteOthersRead, out var log);
        if (error == Errno.None) error = Syscall.Duplicate2(log, 2);
        log.Close();
        if (error != Errno.None) throw new MountException($"cannot write the log to {ByteText.Show(path)}: {error.Describe()}.");
    }
}
