namespace OverlayFuse.Container;

/// <summary>A port of the host that leads to one of a container.</summary>
/// <param name="HostPort">0: any that is free.</param>
/// <param name="LastHostPort">One that is free, from <paramref name="HostPort"/> to this; 0: that one.</param>
/// <param name="Protocol">"tcp" or "udp".</param>
public sealed record PortMapping(string HostIp, int HostPort, int ContainerPort, string Protocol, int LastHostPort = 0)
{
    /// <summary>"8080", "8000-8002", or nothing for any.</summary>
    public string HostText => HostPort == 0 ? "" : LastHostPort > HostPort ? $"{HostPort}-{LastHostPort}" : $"{HostPort}";

    /// <summary>"80/tcp", as EXPOSE and inspect have it.</summary>
    public string Exposed => $"{ContainerPort}/{Protocol}";
}
