using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>"--add-host NAME:host-gateway": the address under which a container finds what listens on the host, beyond its loopback.</summary>
internal static class HostGateway
{
    public const string Word = "host-gateway";

    // Of a network for documentation; nothing is sent there.
    private static readonly IPEndPoint Elsewhere = new(IPAddress.Parse("198.51.100.1"), 9);

    /// <summary>That which the host has towards the world; in the host's own network, its loopback. Without a network it leads nowhere, as with docker.</summary>
    /// <exception cref="RefusedException">There is none.</exception>
    public static string Find(ContainerRecord record)
    {
        if (record.Network == "host") return IPAddress.Loopback.ToString();
        if (record.Network == "private" && !NetworkProgram.Find().LeadsToHost)
            throw new RefusedException($"--add-host NAME:{Word} needs slirp4netns: with pasta a container has the host's own address, and no address leads to the host.", 125);
        return Outward() ?? Any() ?? throw new RefusedException($"--add-host NAME:{Word}: this machine has only loopback addresses.", 125);
    }

    private static string? Outward()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(Elsewhere);
            return (socket.LocalEndPoint as IPEndPoint)?.Address.ToString();
        }
        catch (SocketException)
        {
            return null; // no way leads out
        }
    }

    private static string? Any() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.NetworkInterfaceType != NetworkInterfaceType.Loopback && card.OperationalStatus == OperationalStatus.Up)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .FirstOrDefault(own => own.Address.AddressFamily == AddressFamily.InterNetwork)?.Address.ToString();
}
