using System.Globalization;
using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>pasta(1): the container has the host's addresses. It goes into the background by itself, and ends when the name of the network is gone.</summary>
internal sealed class Pasta : NetworkProgram
{
    private const string Forwarder = "169.254.1.1";

    private string _name = "";

    public override string NameServer => Forwarder;

    public override bool LeadsToHost => false;

    public override void Start(StoredContainer container, int pid, IReadOnlyList<PortMapping> ports)
    {
        // It cannot open /proc/PID/ns/net once it has let go of its rights: the network gets a name, which it watches.
        _name = Path.Combine(container.Directory, "netns");
        File.Create(_name).Dispose();
        var error = Syscall.Mount(Encoding.ASCII.GetBytes($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/ns/net"), Encoding.UTF8.GetBytes(_name), [], MountFlags.Bind, []);
        if (error != Errno.None) throw new RefusedException($"cannot give the network of {container.Record.Name} the name {_name}: {error.Describe()}.", 125);
        var pidFile = Path.Combine(container.Directory, "pasta.pid");
        File.Delete(pidFile);
        var starting = Spawn(container, [.. Words(pidFile), .. ports.SelectMany(Publish)]);
        _ = Syscall.WaitPid(starting, out var exitCode);
        if (exitCode != 0 || AtomicFile.Read(pidFile) is not { } text || !int.TryParse(Encoding.ASCII.GetString(text).Trim(), out var background))
        {
            End();
            throw Failed(container, "pasta");
        }
        Pid = background;
    }

    public override void End()
    {
        base.End();
        if (_name.Length == 0) return;
        _ = Syscall.Unmount(Encoding.UTF8.GetBytes(_name), UnmountFlags.Detach);
        File.Delete(_name);
    }

    private string[] Words(string pidFile) =>
        ["pasta", "--config-net", "--quiet", "--stderr", "--no-map-gw", "--dns-forward", Forwarder, "--runas", "0", "-T", "none", "-U", "none", "--pid", pidFile, "--netns-only", "--netns", _name];

    private static IEnumerable<string> Publish(PortMapping port) =>
        [port.Protocol == "udp" ? "-u" : "-t", $"{(port.HostIp == "0.0.0.0" ? "" : port.HostIp + "/")}{port.HostPort}:{port.ContainerPort}"];
}
