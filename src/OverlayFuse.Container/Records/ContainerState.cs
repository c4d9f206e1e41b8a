namespace OverlayFuse.Container;

/// <summary>What becomes of a container, in containers/ID/state.json; written by its supervisor only, but for the first.</summary>
public sealed class ContainerState
{
    public ContainerStatus Status { get; set; }

    /// <summary>The container's first process, as the host numbers it; 0 when it does not run.</summary>
    public int Pid { get; set; }

    public int SupervisorPid { get; set; }

    public int ExitCode { get; set; }

    /// <summary>How often it was started again since somebody started it.</summary>
    public int RestartCount { get; set; }

    /// <summary>Its limit of memory has ended something in it.</summary>
    public bool? OomKilled { get; set; }

    /// <summary>Why it could not be started.</summary>
    public string Error { get; set; } = "";

    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>What is published while it runs, every port with a number.</summary>
    public List<PortMapping>? Ports { get; set; }

    /// <summary>Its address in a private network while it runs.</summary>
    public NetworkAddress? Address { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }
}
