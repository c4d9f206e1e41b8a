namespace OverlayFuse.Container;

/// <summary>A port of the host that leads to one of a container.</summary>
/// <param name="HostPort">0: any that is free.</param>
/// <param name="Protocol">"tcp" or "udp".</param>
public sealed record PortMapping(string HostIp, int HostPort, int ContainerPort, string Protocol)
{
    /// <summary>"80/tcp", as EXPOSE and inspect have it.</summary>
    public string Exposed => $"{ContainerPort}/{Protocol}";
}
