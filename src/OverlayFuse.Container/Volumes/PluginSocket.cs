using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The Unix socket of a plugin, found where Docker's plugins have theirs.</summary>
internal sealed class PluginSocket(string path)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // a plugin may have a disk in a cloud to attach

    /// <summary>Null where there is none of that name.</summary>
    public static PluginSocket? Find(string name)
    {
        if (!VolumeStore.IsValid(name)) return null;
        var sockets = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own ? new[] { own + "/docker/plugins", "/run/docker/plugins" } : ["/run/docker/plugins"];
        var socket = sockets.SelectMany(directory => new[] { $"{directory}/{name}.sock", $"{directory}/{name}/{name}.sock" }).FirstOrDefault(File.Exists);
        return (socket ?? Specified(name)) is { } found ? new PluginSocket(found) : null;
    }

    /// <summary>The answer; null and why where it fails.</summary>
    public JsonObject? Post(string method, JsonObject? request, out string? error)
    {
        error = null;
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, _) => ValueTask.FromResult(Connect()) }) { Timeout = Patience };
            using var message = new HttpRequestMessage(HttpMethod.Post, "http://plugin/" + method) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(request?.ToJsonString() ?? "")) };
            message.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/vnd.docker.plugins.v1.2+json"));
            using var response = client.Send(message);
            using var body = new StreamReader(response.Content.ReadAsStream());
            var text = body.ReadToEnd();
            var answer = JsonNode.Parse(text.Trim().Length > 0 ? text : "{}") as JsonObject;
            if (answer?["Err"] is { } said && ((string?)said)?.Length > 0) error = (string?)said;
            else if (!response.IsSuccessStatusCode || answer is null) error = text.Trim();
            return error is null ? answer : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or SocketException or IOException or JsonException)
        {
            error = $"the plugin at {path} does not answer";
            return null;
        }
    }

    private Stream Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(path));
        return new NetworkStream(socket, ownsSocket: true);
    }

    // A file NAME.spec holds "unix:///path/of.sock".
    private static string? Specified(string name)
    {
        const string Unix = "unix://";
        var file = new[] { "/etc/docker/plugins", "/usr/lib/docker/plugins" }.Select(directory => $"{directory}/{name}.spec").FirstOrDefault(File.Exists);
        return file is not null && AtomicFile.Read(file) is { } text && Encoding.UTF8.GetString(text).Trim() is var address
            && address.StartsWith(Unix, StringComparison.Ordinal)
            ? address[Unix.Length..]
            : null;
    }
}
