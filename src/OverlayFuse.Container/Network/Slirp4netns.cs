using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>slirp4netns(1): the container is 10.0.2.100, and asked for ports over a socket.</summary>
internal sealed class Slirp4netns : NetworkProgram
{
    private const string SocketName = "network";

    private Fd _alive = Fd.None; // it ends when this is closed, by us or by our death

    public override string NameServer => "10.0.2.3";

    public override bool LeadsToHost => true;

    public override void Start(StoredContainer container, int pid, IReadOnlyList<PortMapping> ports)
    {
        var error = Syscall.Pipe(out var ended, out _alive);
        var readyIn = Fd.None;
        var ready = Fd.None;
        if (error == Errno.None) error = Syscall.Pipe(out ready, out readyIn);
        var directory = Fd.None;
        if (error == Errno.None) error = Syscall.Open(container.Directory, OpenFlags.Path, out directory);
        try
        {
            if (error != Errno.None) throw new RefusedException($"cannot make the pipes of slirp4netns: {error.Describe()}.", 125);

            // A socket's path is short, so it is reached by descriptor.
            var socket = $"/proc/{Environment.ProcessId}/fd/{directory.Number}/{SocketName}";
            File.Delete(socket);
            Pid = Spawn(container, Words(pid, socket), (ended, 3), (readyIn, 4));
            readyIn.Close();
            readyIn = Fd.None;
            Span<byte> said = stackalloc byte[1];
            if (Syscall.Read(ready, said, out var count) != Errno.None || count == 0) throw Failed(container, "slirp4netns");
            foreach (var port in ports) Publish(socket, port, container.Record.Name);
        }
        catch (RefusedException)
        {
            End();
            throw;
        }
        finally
        {
            foreach (var fd in new[] { ended, ready, readyIn, directory }) fd.Close();
        }
    }

    public override void End()
    {
        base.End();
        _alive.Close();
        _alive = Fd.None;
    }

    private static string[] Words(int pid, string socket) =>
    [
        "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", "--exit-fd=3", "--ready-fd=4",
        "--api-socket=" + socket, "--netns-type=path", $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/ns/net", "tap0",
    ];

    private static void Publish(string socket, PortMapping port, string container)
    {
        var request = new JsonObject
        {
            ["execute"] = "add_hostfwd",
            ["arguments"] = new JsonObject { ["proto"] = port.Protocol, ["host_addr"] = port.HostIp, ["host_port"] = port.HostPort, ["guest_port"] = port.ContainerPort },
        };
        var error = Syscall.ConnectTo(Encoding.ASCII.GetBytes(socket), out var connection);
        var answer = new byte[4096];
        var count = 0;
        if (error == Errno.None) error = Syscall.Write(connection, Encoding.UTF8.GetBytes(request.ToJsonString()), out _);
        if (error == Errno.None) error = Syscall.Read(connection, answer, out count);
        connection.Close();
        if (error != Errno.None || JsonNode.Parse(answer.AsSpan(0, count)) is not JsonObject said || said["error"] is not null)
            throw new RefusedException($"driver failed programming external connectivity on endpoint {container}: slirp4netns cannot listen on {port.HostIp}:{port.HostPort}.", 125);
    }
}
