using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>A program that carries packets between a container's network and the host's sockets, without rights on the host.</summary>
/// <remarks>slirp4netns goes first: it ends with whoever holds the other end of a pipe, so that a killed supervisor leaves nothing.</remarks>
internal abstract class NetworkProgram
{
    private const string TunDevice = "/dev/net/tun";

    private static readonly (string Name, Func<NetworkProgram> Create)[] Known = [("slirp4netns", () => new Slirp4netns()), ("pasta", () => new Pasta())];

    /// <summary>The name server that the container is told of; null: the host's.</summary>
    public abstract string? NameServer { get; }

    /// <summary>Whether an address of the host is the host for the container.</summary>
    public abstract bool LeadsToHost { get; }

    /// <summary>The process that carries the packets.</summary>
    public int Pid { get; protected set; }

    /// <exception cref="RefusedException">None is installed, or none could do anything here.</exception>
    public static NetworkProgram Find()
    {
        var error = Syscall.Open(TunDevice, OpenFlags.ReadWrite, out var device);
        device.Close();
        if (error != Errno.None)
            throw new RefusedException(
                $"a private network needs {TunDevice}, and it cannot be opened: {error.Describe()}. As root: " +
                (error == Errno.NOENT ? $"mkdir -p /dev/net && mknod -m 666 {TunDevice} c 10 200" : $"chmod 666 {TunDevice}") +
                ". The networks none and host do not need it.",
                125);
        foreach (var (name, create) in Known)
        {
            if (ProgramPath.Find(name) is not null) return create();
        }
        throw new RefusedException(
            "a private network needs slirp4netns or pasta, and neither is installed. They are in the packages slirp4netns and passt; the networks none and host need " +
            "neither.",
            125);
    }

    /// <summary>Gives the network of a process an interface, and publishes ports.</summary>
    /// <param name="pid">The container's first process, which has not begun yet.</param>
    /// <exception cref="RefusedException">It could not be done; nothing is left.</exception>
    public abstract void Start(StoredContainer container, int pid, IReadOnlyList<PortMapping> ports);

    public virtual void End()
    {
        if (Pid == 0) return;
        _ = Syscall.Kill(Pid, Signal.Kill);
        _ = Syscall.WaitPid(Pid, out _);
        Pid = 0;
    }

    /// <summary>A file in which it says what went wrong.</summary>
    protected static string LogOf(StoredContainer container) => Path.Combine(container.Directory, "network.log");

    protected static int Spawn(StoredContainer container, IReadOnlyList<string> words, params (Fd Ours, int Theirs)[] further)
    {
        var error = Syscall.Open("/dev/null", OpenFlags.ReadOnly, out var nothing);
        var log = Fd.None;
        var path = Encoding.UTF8.GetBytes(LogOf(container));
        if (error == Errno.None) error = Syscall.OpenAt(DirFd.Cwd, path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate, Mode.OwnerReadWriteOthersRead, out log);
        var pid = 0;
        if (error == Errno.None)
            error = Syscall.Spawn(
                new SpawnRequest { File = Encoding.UTF8.GetBytes(words[0]), Arguments = [.. words.Select(Encoding.UTF8.GetBytes)], Descriptors = [(nothing, 0), (log, 1), (log, 2), .. further] },
                out pid);
        nothing.Close();
        log.Close();
        return error == Errno.None ? pid : throw new RefusedException($"cannot start {words[0]}, which carries the packets of a private network: {error.Describe()}.", 125);
    }

    protected static RefusedException Failed(StoredContainer container, string name)
    {
        var said = AtomicFile.Read(LogOf(container)) is { } text
            ? Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault()
            : null;
        return new RefusedException($"{name} cannot make the network of {container.Record.Name}: {said ?? "it did not say why"}.", 125);
    }
}
