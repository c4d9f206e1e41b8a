using System.Net;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>"-p [[IP:][HOST]:]CONTAINER[/udp]"; either may be a range, FIRST-LAST. A range of the host for one port means any of it. Pure.</summary>
public static class PublishFlag
{
    private const string AnyAddress = "0.0.0.0";

    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static IEnumerable<PortMapping> Parse(string text)
    {
        var (ports, protocol) = Cut(text, '/', text.Length);
        protocol = protocol.Length == 0 ? "tcp" : protocol.ToLowerInvariant();
        if (protocol is not ("tcp" or "udp")) throw Invalid($"Invalid proto: {protocol}");
        var inside = ports[(ports.LastIndexOf(':') + 1)..];
        var outside = ports[..Math.Max(0, ports.Length - inside.Length - 1)];
        var host = outside[(outside.LastIndexOf(':') + 1)..];
        var address = outside[..Math.Max(0, outside.Length - host.Length - 1)].Trim('[', ']');
        if (address.Length > 0 && !IPAddress.TryParse(address, out _)) throw Invalid($"Invalid ip address: {address}");
        var (first, last) = ExposedPorts.Range(inside) ?? throw Invalid($"Invalid containerPort: {inside}");
        var (hostFirst, hostLast) = host.Length == 0 ? (0, 0) : ExposedPorts.Range(host) ?? throw Invalid($"Invalid hostPort: {host}");
        var where = address.Length > 0 ? address : AnyAddress;
        if (hostLast > hostFirst && first == last) return [new PortMapping(where, hostFirst, first, protocol, hostLast)];
        if (hostFirst > 0 && hostLast - hostFirst != last - first) throw Invalid($"Invalid ranges specified for container and host Ports: {inside} and {host}");
        return Enumerable.Range(0, last - first + 1).Select(i => new PortMapping(where, hostFirst == 0 ? 0 : hostFirst + i, first + i, protocol));
    }

    private static (string Before, string Behind) Cut(string text, char at, int otherwise) =>
        text.IndexOf(at) is var place and >= 0 ? (text[..place], text[(place + 1)..]) : (text[..otherwise], "");

    private static RefusedException Invalid(string why) => new(why + ".", 125);
}
