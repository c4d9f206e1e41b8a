using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The Unix socket of a plugin, found where Docker's plugins have theirs.</summary>
internal sealed class PluginSocket(string path)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30); // a plugin may have a disk in a cloud to attach

    private const int LongestAnswer = 1 << 20; // of one that sends without end

    private const string Specification = ".spec";

    private static readonly string[] Specifications = ["/etc/docker/plugins", "/usr/lib/docker/plugins"];

    /// <summary>Of all that there are.</summary>
    public static IEnumerable<string> Names() => Sockets().SelectMany(Entries).Where(path => path.EndsWith(".sock", StringComparison.Ordinal) || Directory.Exists(path))
        .Concat(Specifications.SelectMany(Entries).Where(path => path.EndsWith(Specification, StringComparison.Ordinal)))
        .Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(name => Find(name) is not null).Distinct().Order(StringComparer.Ordinal);

    private static string[] Sockets() =>
        Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own ? [own + "/docker/plugins", "/run/docker/plugins"] : ["/run/docker/plugins"];

    private static string[] Entries(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // as most have it
        }
    }

    /// <summary>Null where there is none of that name.</summary>
    public static PluginSocket? Find(string name)
    {
        if (!VolumeStore.IsValid(name)) return null;
        var socket = Sockets().SelectMany(directory => new[] { $"{directory}/{name}.sock", $"{directory}/{name}/{name}.sock" }).FirstOrDefault(File.Exists);
        return (socket ?? Specified(name)) is { } found ? new PluginSocket(found) : null;
    }

    /// <summary>The answer; null and why where it fails.</summary>
    public JsonObject? Post(string method, JsonObject? request, out string? error)
    {
        error = null;
        try
        {
            // No proxy leads to a Unix socket, whatever http_proxy says.
            using var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false }) { Timeout = Patience, MaxResponseContentBufferSize = LongestAnswer };
            using var message = new HttpRequestMessage(HttpMethod.Post, "http://plugin/" + method) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(request?.ToJsonString() ?? "")) };
            message.Headers.Accept.Add(MediaTypeWithQualityHeaderValue.Parse("application/vnd.docker.plugins.v1.2+json"));
            using var response = client.Send(message);
            using var body = new StreamReader(response.Content.ReadAsStream());
            var text = body.ReadToEnd();
            var answer = PluginAnswer.Parse(text);
            if (answer is null || (answer["Err"] is { } said && said.Text() is null)) error = $"what the plugin at {path} answers makes no sense";
            else if (answer["Err"].Text() is { Length: > 0 } reason) error = reason;
            else if (!response.IsSuccessStatusCode) error = text.Trim();
            return error is null ? answer : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException or SocketException or IOException)
        {
            error = $"the plugin at {path} does not answer";
            return null;
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken patience)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), patience).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // A file NAME.spec holds "unix:///path/of.sock".
    private static string? Specified(string name)
    {
        const string Unix = "unix://";
        var file = Specifications.Select(directory => $"{directory}/{name}{Specification}").FirstOrDefault(File.Exists);
        return file is not null && AtomicFile.Read(file) is { } text && Encoding.UTF8.GetString(text).Trim() is var address
            && address.StartsWith(Unix, StringComparison.Ordinal)
            ? address[Unix.Length..]
            : null;
    }
}
