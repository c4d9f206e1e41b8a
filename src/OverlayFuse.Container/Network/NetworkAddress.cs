using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Where a container is in its network, as the kernel has it.</summary>
/// <param name="Gateway">Empty: nothing leads out.</param>
public sealed record NetworkAddress(string Address, int PrefixLength, string Gateway, string MacAddress)
{
    /// <summary>Of the network that a process is in; null where it has no address, or nobody may look.</summary>
    internal static NetworkAddress? Of(int pid)
    {
        NetworkAddress? found = null;
        var asking = new Thread(() => found = Ask($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}")) { Name = "network" }; // which network a thread is in is its own
        asking.Start();
        asking.Join();
        return found;
    }

    private static NetworkAddress? Ask(string process)
    {
        if (Syscall.Open(process + "/ns/net", OpenFlags.ReadOnly, out var network) != Errno.None) return null;
        var error = Syscall.EnterNetwork(network);
        network.Close();
        if (error != Errno.None) return null;
        try
        {
            var routes = AtomicFile.Read(process + "/net/route") is { } text ? Encoding.ASCII.GetString(text) : "";
            return NetworkInterface.GetAllNetworkInterfaces()
                .Where(card => card.NetworkInterfaceType != NetworkInterfaceType.Loopback)
                .Select(card => Of(card, GatewayIn(routes)))
                .FirstOrDefault(address => address is not null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null; // it is for inspect only
        }
    }

    private static NetworkAddress? Of(NetworkInterface card, string gateway) =>
        card.GetIPProperties().UnicastAddresses.FirstOrDefault(own => own.Address.AddressFamily == AddressFamily.InterNetwork) is { } own
            ? new(own.Address.ToString(), own.PrefixLength, gateway, string.Join(':', card.GetPhysicalAddress().GetAddressBytes().Select(part => part.ToString("x2", CultureInfo.InvariantCulture))))
            : null;

    /// <summary>Where the rest of the world is.</summary>
    /// <param name="routes">The text of /proc/PID/net/route: addresses in hexadecimal, as they lie in memory.</param>
    internal static string GatewayIn(string routes)
    {
        foreach (var line in routes.Split('\n').Skip(1))
        {
            if (line.Split('\t') is [_, "00000000", var gateway, ..] && uint.TryParse(gateway, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var address) && address != 0)
                return new IPAddress(address).ToString();
        }
        return "";
    }
}
