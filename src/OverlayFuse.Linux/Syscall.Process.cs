using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

// Processes: start, wait, signal, identity, limits.
public static unsafe partial class Syscall
{
    private const short SpawnSetSignalDefaults = 0x04;
    private const short SpawnSetSignalMask = 0x08;
    private const short SpawnSetSession = 0x80;
    private const int GetDescriptorFlags = 1; // F_GETFD
    private const int SetDescriptorFlags = 2; // F_SETFD
    private const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
    private const int SetChildSubreaper = 36;
    private const int SignalInformationSize = 128; // siginfo_t
    private const int KindOfId = 1; // P_PID
    private const int WaitExited = 4;
    private const int WaitOnly = 0x01000000; // WNOWAIT
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private const int NewMounts = 0x20000; // CLONE_NEWNS
    private const int OwnDirectory = 0x200; // CLONE_FS
    private const int OpaqueSize = 512; // above posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t of glibc and musl

    /// <summary>
    /// posix_spawnp(3). The runtime cannot fork(2): no managed code runs between fork and exec. The child has default
    /// signal dispositions and an empty signal mask.
    /// </summary>
    public static Errno Spawn(SpawnRequest request, out int pid)
    {
        var actions = stackalloc byte[OpaqueSize];
        var attributes = stackalloc byte[OpaqueSize];
        Native.posix_spawn_file_actions_init(actions);
        Native.posix_spawnattr_init(attributes);
        var lifted = new List<Fd>();
        try
        {
            foreach (var (ours, theirs) in request.Descriptors)
            {
                // Out of the way of the numbers the child will use: one dup2 must not overwrite the source of the next.
                var copy = new Fd(Native.fcntl(ours.Number, DuplicateCloseOnExec, 64));
                if (!copy.IsOpen)
                {
                    pid = 0;
                    return LastError;
                }
                lifted.Add(copy);
                Native.posix_spawn_file_actions_adddup2(actions, copy.Number, theirs);
            }
            SetAttributes(attributes, request.NewSession);
            return Launch(request, actions, attributes, out pid);
        }
        finally
        {
            foreach (var fd in lifted) fd.Close();
            Native.posix_spawn_file_actions_destroy(actions);
            Native.posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>_exit(2): the process ends at once, without what a runtime does on its way out.</summary>
    public static void Exit(int code) => Native._exit(code);

    /// <summary>
    /// execvp(3): this process becomes another program, which keeps its id, its terminal and its environment. Returns only on failure.
    /// Signals that the runtime ignores are put back first.
    /// </summary>
    public static Errno Execute(ReadOnlySpan<byte> file, IReadOnlyList<byte[]> arguments)
    {
        Native.signal(Signal.BrokenPipe, 0);
        using var vector = new StringVector(arguments);
        fixed (byte* name = Terminated.Copy(file, stackalloc byte[Terminated.StackSize])) Native.execvp(name, vector.Pointer);
        return LastError;
    }

    /// <summary>signal(2), SIGCHLD as it is by default: where whoever started us had it ignored, no child could be waited for, and its exit code would be lost (wait(2), ECHILD).</summary>
    public static void KeepEndedChildren() => _ = Native.signal(Signal.Child, 0);

    /// <summary>prctl(2), PR_SET_CHILD_SUBREAPER: grandchildren whose parents end become ours, to be waited for.</summary>
    public static Errno BecomeSubreaper() => Check(Native.prctl(SetChildSubreaper, 1, 0, 0, 0));

    /// <summary>setns(2), CLONE_NEWNET: the calling thread, and no other, is in that network from now on.</summary>
    public static Errno EnterNetwork(Fd network) => Check(Native.setns(network.Number, NewNetwork));

    /// <summary>unshare(2), CLONE_NEWNS: the calling thread, and no other, has a copy of all mounts for itself.</summary>
    public static Errno LeaveMounts() => Check(Native.unshare(NewMounts));

    /// <summary>setns(2), CLONE_NEWNS: the calling thread, and no other, sees those mounts from now on; its root and directory are theirs, and its own.</summary>
    public static Errno EnterMounts(Fd mounts)
    {
        var error = Check(Native.unshare(OwnDirectory)); // who shares them with other threads cannot enter
        return error == Errno.None ? Check(Native.setns(mounts.Number, NewMounts)) : error;
    }

    /// <summary>waitpid(2). <paramref name="exitCode"/> is what the program returned, or 128 and the signal that ended it.</summary>
    public static Errno WaitPid(int pid, out int exitCode)
    {
        var status = 0;
        while (Native.waitpid(pid, &status, 0) < 0)
        {
            exitCode = -1;
            if (LastError != Errno.INTR) return LastError;
        }
        var signal = status & 0x7f;
        exitCode = signal == 0 ? (status >> 8) & 0xff : 128 + signal;
        return Errno.None;
    }

    /// <summary>waitid(2), WNOWAIT: returns when the process has ended; its number stays its own until <see cref="WaitPid"/>.</summary>
    public static Errno AwaitEnd(int pid)
    {
        var information = stackalloc byte[SignalInformationSize];
        while (Native.waitid(KindOfId, pid, information, WaitExited | WaitOnly) < 0)
        {
            if (LastError != Errno.INTR) return LastError;
        }
        return Errno.None;
    }

    /// <summary>getppid(2).</summary>
    public static int ParentPid() => Native.getppid();

    /// <summary>kill(2); signal 0 only asks whether the process is there.</summary>
    public static Errno Kill(int pid, int signal) => Check(Native.kill(pid, signal));

    /// <summary>pipe2(2) with O_CLOEXEC.</summary>
    public static Errno Pipe(out Fd read, out Fd write)
    {
        var pair = stackalloc int[2] { -1, -1 };
        var error = Check(Native.pipe2(pair, (int)OpenFlags.CloseOnExec));
        (read, write) = (new Fd(pair[0]), new Fd(pair[1]));
        return error;
    }

    /// <summary>dup2(2): <paramref name="number"/> becomes a copy of <paramref name="fd"/>, which programs started later inherit.</summary>
    public static Errno Duplicate2(Fd fd, int number)
    {
        while (true)
        {
            var error = Check(Native.dup2(fd.Number, number));
            if (error != Errno.INTR) return error;
        }
    }

    /// <summary>fcntl(2), FD_CLOEXEC: programs started later do not inherit a descriptor that was given to us.</summary>
    public static Errno SetCloseOnExec(Fd fd) => Check(Native.fcntl(fd.Number, SetDescriptorFlags, 1));

    /// <summary>fcntl(2), F_GETFD: whether programs started later do not inherit a descriptor.</summary>
    public static Errno IsCloseOnExec(Fd fd, out bool closes)
    {
        var flags = Native.fcntl(fd.Number, GetDescriptorFlags, 0);
        closes = (flags & 1) != 0;
        return flags < 0 ? LastError : Errno.None;
    }

    /// <summary>setsid(2): out of the terminal's session. PERM: this process leads a group.</summary>
    public static Errno SetSession() => Check(Native.setsid());

    /// <summary>umask(2).</summary>
    public static uint Umask(uint mask) => Native.umask(mask);

    /// <summary>geteuid(2).</summary>
    public static uint GetEUid() => Native.geteuid();

    /// <summary>getegid(2).</summary>
    public static uint GetEGid() => Native.getegid();

    /// <summary>chdir(2).</summary>
    public static Errno ChDir(ReadOnlySpan<byte> path)
    {
        fixed (byte* p = Terminated.Copy(path, stackalloc byte[Terminated.StackSize])) return Check(Native.chdir(p));
    }

    /// <summary>getrlimit(2).</summary>
    public static Errno GetLimit(ResourceLimit which, out ulong current, out ulong maximum)
    {
        var limit = stackalloc ulong[2];
        var error = Check(Native.getrlimit((int)which, limit));
        (current, maximum) = (limit[0], limit[1]);
        return error;
    }

    /// <summary>setrlimit(2). PERM: the maximum is above the present one, which takes CAP_SYS_RESOURCE.</summary>
    public static Errno SetLimit(ResourceLimit which, ulong current, ulong maximum)
    {
        var limit = stackalloc ulong[2] { current, maximum };
        return Check(Native.setrlimit((int)which, limit));
    }

    private static void SetAttributes(byte* attributes, bool newSession)
    {
        var signals = stackalloc byte[OpaqueSize];
        Native.sigemptyset(signals);
        Native.posix_spawnattr_setsigmask(attributes, signals);

        // The runtime ignores SIGPIPE; an ignored signal would stay ignored through exec.
        Native.sigfillset(signals);
        Native.posix_spawnattr_setsigdefault(attributes, signals);
        Native.posix_spawnattr_setflags(attributes, (short)(SpawnSetSignalMask | SpawnSetSignalDefaults | (newSession ? SpawnSetSession : 0)));
    }

    private static Errno Launch(SpawnRequest request, byte* actions, byte* attributes, out int pid)
    {
        using var arguments = new StringVector(request.Arguments);
        using var environment = new StringVector([.. request.Environment, .. StringVector.OwnEnvironment()]);
        int child;
        fixed (byte* file = Terminated.Copy(request.File, stackalloc byte[Terminated.StackSize]))
        {
            var error = (Errno)Native.posix_spawnp(&child, file, actions, attributes, arguments.Pointer, environment.Pointer);
            pid = error == Errno.None ? child : 0;
            return error;
        }
    }

    private static partial class Native
    {
        [LibraryImport(C)]
        public static partial void _exit(int code);

        [LibraryImport(C)]
        public static partial int posix_spawnp(int* pid, byte* file, byte* actions, byte* attributes, byte** arguments, byte** environment);

        [LibraryImport(C)]
        public static partial int posix_spawn_file_actions_init(byte* actions);

        [LibraryImport(C)]
        public static partial int posix_spawn_file_actions_destroy(byte* actions);

        [LibraryImport(C)]
        public static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

        [LibraryImport(C)]
        public static partial int posix_spawnattr_init(byte* attributes);

        [LibraryImport(C)]
        public static partial int posix_spawnattr_destroy(byte* attributes);

        [LibraryImport(C)]
        public static partial int posix_spawnattr_setflags(byte* attributes, short flags);

        [LibraryImport(C)]
        public static partial int posix_spawnattr_setsigmask(byte* attributes, byte* signals);

        [LibraryImport(C)]
        public static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* signals);

        [LibraryImport(C)]
        public static partial int sigemptyset(byte* signals);

        [LibraryImport(C)]
        public static partial int sigfillset(byte* signals);

        [LibraryImport(C, SetLastError = true)]
        public static partial int execvp(byte* file, byte** arguments);

        [LibraryImport(C)]
        public static partial nint signal(int number, nint handler);

        [LibraryImport(C, SetLastError = true)]
        public static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

        [LibraryImport(C, SetLastError = true)]
        public static partial int setns(int fd, int kind);

        [LibraryImport(C, SetLastError = true)]
        public static partial int unshare(int kinds);

        [LibraryImport(C, SetLastError = true)]
        public static partial int waitpid(int pid, int* status, int options);

        [LibraryImport(C, SetLastError = true)]
        public static partial int waitid(int kind, int id, byte* information, int options);

        [LibraryImport(C)]
        public static partial int getppid();

        [LibraryImport(C, SetLastError = true)]
        public static partial int kill(int pid, int signal);

        [LibraryImport(C, SetLastError = true)]
        public static partial int pipe2(int* pair, int flags);

        [LibraryImport(C, SetLastError = true)]
        public static partial int dup2(int from, int to);

        [LibraryImport(C)]
        public static partial uint umask(uint mask);

        [LibraryImport(C, SetLastError = true)]
        public static partial int setsid();

        [LibraryImport(C)]
        public static partial uint geteuid();

        [LibraryImport(C)]
        public static partial uint getegid();

        [LibraryImport(C, SetLastError = true)]
        public static partial int chdir(byte* path);

        [LibraryImport(C, SetLastError = true)]
        public static partial int getrlimit(int resource, ulong* limit);

        [LibraryImport(C, SetLastError = true)]
        public static partial int setrlimit(int resource, ulong* limit);
    }
}
