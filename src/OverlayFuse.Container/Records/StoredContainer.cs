namespace OverlayFuse.Container;

/// <summary>A container that is here, and whether its supervisor lives.</summary>
/// <param name="IsServed">The supervisor holds its lock: it mounts, runs, or cleans up.</param>
public sealed record StoredContainer(ContainerRecord Record, ContainerState State, string Directory, bool IsServed)
{
    private const int Killed = 137;

    public string Id => Record.Id;

    /// <summary>So does one whose program is about to begin again.</summary>
    public bool IsRunning => IsServed && IsUnderWay;

    public bool IsRestarting => IsServed && State.Status == ContainerStatus.Restarting;

    /// <summary>Its supervisor was killed: the state still tells of a time before.</summary>
    public bool IsOrphaned => !IsServed && IsUnderWay;

    /// <summary>By its state, which may be that of a supervisor that was killed.</summary>
    public bool IsUnderWay => State.Status is ContainerStatus.Running or ContainerStatus.Restarting;

    /// <summary>As lists show it: what lost its supervisor has ended.</summary>
    public ContainerStatus Status => IsOrphaned ? ContainerStatus.Exited : State.Status;

    public int ExitCode => IsOrphaned ? Killed : State.ExitCode;

    public string LockPath => Path.Combine(Directory, "lock");

    public string RunPath => Path.Combine(Directory, "run");

    /// <summary>Held while somebody starts it, or mounts it.</summary>
    public string TurnPath => Path.Combine(Directory, "turn");

    /// <summary>Held by who restarts it, until it has stopped: one that is to be removed at its end stays this time.</summary>
    public string KeptPath => Path.Combine(Directory, "kept");

    /// <summary>Held by whoever is at its files.</summary>
    public string UsersPath => Path.Combine(Directory, "users");

    /// <summary>Is there while drivers have its volumes ready for it.</summary>
    public string VolumesPath => Path.Combine(Directory, "volumes");

    /// <summary>Is there once its volumes have had their first use.</summary>
    public string FilledPath => Path.Combine(Directory, "filled");

    public string ControlPath => Path.Combine(Directory, "control");

    public string LogPath => Path.Combine(Directory, Id + "-json.log");

    public string BundlePath => Path.Combine(Directory, "bundle");

    /// <summary>Where the runtime keeps what it knows of it.</summary>
    public string RuntimeRoot => Path.Combine(Directory, "runtime");
}
