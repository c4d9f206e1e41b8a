using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Where images and containers are kept, and how an ordinary user becomes able to write there.</summary>
internal static class StatePlace
{
    private const string Variable = "OVERLAYFUSE_STATE";
    private const string OfRoot = "/var/lib/overlayfuse";

    /// <summary>To look only: no other user's files are touched.</summary>
    public static StateDirectory ToRead()
    {
        var state = StateDirectory.Open(Path());
        Leftovers.Sweep(state);
        return state;
    }

    /// <summary>To change layers, whose files have many owners. For an ordinary user this process starts again inside a user namespace, where it is root.</summary>
    public static StateDirectory ToChange()
    {
        var state = ToRead();
        if (!Caller.Current().IsRoot) EnterUserNamespace();
        return state;
    }

    private static string Path()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen) return chosen;
        if (Caller.Current().IsHostRoot) return OfRoot;
        if (Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data) return System.IO.Path.Combine(data, "overlayfuse");
        return Environment.GetEnvironmentVariable("HOME") is { Length: > 0 } home
            ? System.IO.Path.Combine(home, ".local/share/overlayfuse")
            : throw new RefusedException($"there is no place to keep images and containers: HOME is not set. Set it, or {Variable}.");
    }

    /// <summary>To look at what a running container sees. For an ordinary user this process starts again in the namespaces of its supervisor.</summary>
    /// <param name="stayInDirectory">Relative paths shall mean what they meant before.</param>
    public static void EnterContainer(StoredContainer container, bool stayInDirectory = false)
    {
        var caller = Caller.Current();
        if (caller.IsRoot) return;
        string[] how = ["nsenter", "--target", container.State.SupervisorPid.ToString(System.Globalization.CultureInfo.InvariantCulture), "--user", "--mount", "--preserve-credentials"];
        if (stayInDirectory && Syscall.OpenAt(DirFd.Cwd, caller.Directory, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var directory) == Errno.None)
        {
            directory.Close();
            how = [.. how, "--wdns=" + ByteText.Carry(caller.Directory)];
        }
        BecomeOurselvesUnder([.. how, "--"]);
    }

    // A process of many threads cannot unshare(2) its user namespace, and the runtime has many: unshare(1) does, and newuidmap(1) for it.
    private static void EnterUserNamespace()
    {
        BecomeOurselvesUnder(IntoUserNamespace());
    }

    private static string[] IntoUserNamespace()
    {
        string[] ids = HasSubordinateIds() ? ["--map-auto"] : [];
        return ["unshare", "--user", "--map-root-user", .. ids, "--mount", "--propagation", "slave", "--"];
    }

    /// <summary>Has a process inside take away what only root there may; ours goes on outside.</summary>
    public static void SweepInUserNamespace()
    {
        var how = IntoUserNamespace();
        var error = Syscall.Spawn(new SpawnRequest { File = ByteText.Bytes(how[0]), Arguments = [.. how.Select(ByteText.Bytes), Self(), .. UnshareVerb.Nothing.Select(ByteText.Bytes)] }, out var pid);
        if (error != Errno.None) throw CannotEnter(how[0], error);
        _ = Syscall.WaitPid(pid, out _); // it begins as every command does, and has said what was in its way
    }

    private static void BecomeOurselvesUnder(params string[] how)
    {
        var words = RawArguments.Read([.. Environment.GetCommandLineArgs().Skip(1)]).Words;
        throw CannotEnter(how[0], Syscall.Execute(ByteText.Bytes(how[0]), [.. how.Select(ByteText.Bytes), Self(), .. words.Select(ByteText.Bytes)]));
    }

    private static byte[] Self()
    {
        var self = new byte[4096];
        var error = Syscall.ReadLinkAt(DirFd.Cwd, "/proc/self/exe"u8, self, out var length);
        return error == Errno.None ? self[..length] : throw new RefusedException($"cannot read /proc/self/exe: {error.Describe()}.");
    }

    private static RefusedException CannotEnter(string how, Errno error) =>
        new($"cannot start {how}(1), through which an ordinary user enters the user namespace of containers: {error.Describe()}. It is in the package util-linux.");

    /// <summary>Whether /etc/subuid and /etc/subgid give us ids beside our own. Without, all files belong to one.</summary>
    private static bool HasSubordinateIds()
    {
        var names = new[] { Environment.UserName + ":", Syscall.GetEUid() + ":" };
        return Array.TrueForAll(["/etc/subuid", "/etc/subgid"], path =>
            AtomicFile.Read(path) is { } text && System.Text.Encoding.UTF8.GetString(text).Split('\n').Any(line => Array.Exists(names, name => line.StartsWith(name, StringComparison.Ordinal))));
    }
}
