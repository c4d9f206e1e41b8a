using System.Net;
using System.Net.Sockets;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The ports of the host: which are free, asked by binding them.</summary>
/// <remarks>The program that carries packets binds them afterwards; who is faster in between gets them, and it says so.</remarks>
internal static class HostPorts
{
    /// <summary>The same mappings, with one port for each.</summary>
    /// <exception cref="RefusedException">One is in use, or not ours to use; in docker's words.</exception>
    public static List<PortMapping> Choose(IEnumerable<PortMapping> wanted, string container)
    {
        var chosen = new List<PortMapping>();
        foreach (var port in wanted) chosen.Add(port with { HostPort = One(port, chosen, container), LastHostPort = 0 });
        return chosen;
    }

    private static int One(PortMapping port, List<PortMapping> chosen, string container)
    {
        var error = SocketError.AddressAlreadyInUse;
        for (var number = port.HostPort; number <= Math.Max(port.HostPort, port.LastHostPort); number++)
        {
            if (number > 0 && chosen.Exists(other => other.HostPort == number && other.Protocol == port.Protocol && other.HostIp == port.HostIp)) continue;
            error = Bind(port, number, out var bound);
            if (error == SocketError.Success) return bound;
        }
        throw Refused(port, error, container);
    }

    private static SocketError Bind(PortMapping port, int number, out int bound)
    {
        var isTcp = port.Protocol == "tcp";
        var place = new IPEndPoint(IPAddress.Parse(port.HostIp), number);
        using var socket = new Socket(place.AddressFamily, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
        bound = 0;
        try
        {
            socket.Bind(place);
            bound = ((IPEndPoint)socket.LocalEndPoint!).Port;
            return SocketError.Success;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    private static RefusedException Refused(PortMapping port, SocketError error, string container)
    {
        var why = error switch
        {
            SocketError.AddressAlreadyInUse => "address already in use",
            SocketError.AccessDenied => "permission denied",
            SocketError.AddressNotAvailable => "cannot assign requested address",
            var other => other.ToString(),
        };
        var address = IPAddress.Parse(port.HostIp);
        var isSix = address.AddressFamily == AddressFamily.InterNetworkV6;
        return new RefusedException(
            $"driver failed programming external connectivity on endpoint {container}: listen {port.Protocol}{(isSix ? 6 : 4)} {(isSix ? $"[{address}]" : address)}:{port.HostText}: bind: {why}.",
            125);
    }
}
