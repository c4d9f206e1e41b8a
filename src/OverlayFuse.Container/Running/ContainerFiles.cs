using System.Text;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The files of a container that the host writes for it: hosts, hostname, resolv.conf.</summary>
public static class ContainerFiles
{
    internal static readonly string[] Names = ["resolv.conf", "hostname", "hosts"];

    private const string Hosts = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";

    /// <summary>Where they are mounted, once it has been started.</summary>
    public static IEnumerable<MountPoint> Mounts(StoredContainer container) =>
        Names.Select(name => new MountPoint { Kind = MountKind.Bind, Target = "/etc/" + name, Source = Path.Combine(container.Directory, name) });

    internal static void Write(string directory, ContainerRecord record)
    {
        Put(directory, "hostname", record.Hostname + "\n");
        Put(directory, "hosts", HostsText(record));
        Put(directory, "resolv.conf", ResolvConf.Text(record, record.Network == "private" && NetworkProgram.Find().NameServer is { } server ? $"nameserver {server}\n" : OfHost("/etc/resolv.conf")));
    }

    private static string HostsText(ContainerRecord record)
    {
        var hosts = record.Network switch
        {
            "host" when OfHost("/etc/hosts") is { Length: > 0 } ofHost => ofHost,
            "private" => $"{Hosts}127.0.1.1\t{(record.Domainname.Length > 0 ? $"{record.Hostname}.{record.Domainname} " : "")}{record.Hostname}\n",
            _ => Hosts,
        };
        foreach (var extra in record.ExtraHosts ?? [])
        {
            var at = extra.IndexOf(':');
            var address = extra[(at + 1)..];
            hosts += $"{(address == HostGateway.Word ? HostGateway.Find(record) : address.Trim('[', ']'))}\t{extra[..at]}\n";
        }
        return hosts;
    }

    private static string OfHost(string path) => AtomicFile.Read(path) is { } text ? Encoding.UTF8.GetString(text) : "";

    // Once only: a running container may have changed its own.
    private static void Put(string directory, string name, string content)
    {
        var path = Path.Combine(directory, name);
        if (!File.Exists(path)) AtomicFile.Write(path, Encoding.UTF8.GetBytes(content));
    }
}
