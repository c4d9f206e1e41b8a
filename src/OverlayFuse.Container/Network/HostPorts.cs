using System.Net;
using System.Net.Sockets;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The ports of the host: which are free, asked by binding them.</summary>
/// <remarks>The program that carries packets binds them afterwards; who is faster in between gets them, and it says so.</remarks>
internal static class HostPorts
{
    /// <summary>The same mappings, with a port for each that named none.</summary>
    /// <exception cref="RefusedException">One is in use, or not ours to use; in docker's words.</exception>
    public static List<PortMapping> Choose(IEnumerable<PortMapping> wanted, string container) => [.. wanted.Select(port => port with { HostPort = Try(port, container) })];

    private static int Try(PortMapping port, string container)
    {
        var isTcp = port.Protocol == "tcp";
        var place = new IPEndPoint(IPAddress.Parse(port.HostIp), port.HostPort);
        using var socket = new Socket(place.AddressFamily, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
        try
        {
            socket.Bind(place);
            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
        catch (SocketException e)
        {
            var why = e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "address already in use",
                SocketError.AccessDenied => "permission denied",
                SocketError.AddressNotAvailable => "cannot assign requested address",
                var other => other.ToString(),
            };
            throw new RefusedException(
                $"driver failed programming external connectivity on endpoint {container}: listen " +
                $"{port.Protocol}{(place.AddressFamily == AddressFamily.InterNetworkV6 ? 6 : 4)} {place}: bind: {why}.",
                125);
        }
    }
}
