using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The Unix socket of a plugin, found where Docker's plugins have theirs.</summary>
internal sealed class PluginSocket(string path)
{
    /// <summary>For what a plugin only has to say: people wait for a list, which is of other volumes, too.</summary>
    public static readonly TimeSpan ToSay = TimeSpan.FromSeconds(2.5);

    /// <summary>For what it has to do: there may be a disk in a cloud to attach.</summary>
    public static readonly TimeSpan ToDo = TimeSpan.FromSeconds(30);

    private const int LongestAnswer = 1 << 20; // of one that sends without end

    private const string Specification = ".spec";

    private static readonly string[] Specifications = ["/etc/docker/plugins", "/usr/lib/docker/plugins"];

    private volatile bool _isSilent;

    /// <summary>It has not answered: it is not waited for again to say something.</summary>
    public bool IsSilent => _isSilent;

    /// <summary>Of all that there are.</summary>
    public static IEnumerable<string> Names() => Sockets().SelectMany(Entries).Where(path => path.EndsWith(".sock", StringComparison.Ordinal) || Directory.Exists(path))
        .Concat(Specifications.SelectMany(Entries).Where(path => path.EndsWith(Specification, StringComparison.Ordinal)))
        .Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(name => PathOf(name) is not null).Distinct().Order(StringComparer.Ordinal);

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
    public static string? PathOf(string name) => !VolumeStore.IsValid(name) ? null
        : Sockets().SelectMany(directory => new[] { $"{directory}/{name}.sock", $"{directory}/{name}/{name}.sock" }).FirstOrDefault(File.Exists) ?? Specified(name);

    /// <summary>The answer; null and why where it fails.</summary>
    public JsonObject? Post(string method, JsonObject? request, TimeSpan patience, out string? error)
    {
        error = _isSilent && patience == ToSay ? Silence : null;
        if (error is not null) return null;
        try
        {
            // No proxy leads to a Unix socket, whatever http_proxy says.
            using var client = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false }) { Timeout = patience, MaxResponseContentBufferSize = LongestAnswer };
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
            _isSilent = true;
            error = Silence;
            return null;
        }
    }

    private string Silence => $"the plugin at {path} does not answer";

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
