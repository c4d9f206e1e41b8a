using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OverlayFuse.Image.Tests;

/// <summary>A registry of one image that wants a token, breaks off, or lies, as a test wants it. One request a connection.</summary>
internal sealed class FakeRegistry : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Thread _thread;

    public FakeRegistry()
    {
        _listener.Start();
        Host = $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    public string Host { get; }

    /// <summary>By path.</summary>
    public Dictionary<string, byte[]> Answers { get; } = [];

    /// <summary>Every request: method, path, and the range that was asked for.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Called with the path of each request, before it is answered.</summary>
    public Action<string>? Asked { get; set; }

    /// <summary>"user:password" that a token costs; null: nothing is asked.</summary>
    public string? Password { get; init; }

    /// <summary>After so many bytes of a blob the connection is cut, once.</summary>
    public int? CutAfter { get; set; }

    /// <summary>Sends all of it even when a range is asked for.</summary>
    public bool IgnoresRanges { get; init; }

    /// <summary>So many bytes at the end of each answer are not sent, and the connection stays open.</summary>
    public int KeepsBack { get; set; }

    public ImageReference Reference => ImageReference.Parse($"{Host}/t/web:1");

    public RegistryClient Client(string? credentials = null) => new(RegistryName.Of(Reference), credentials);

    public void Dispose()
    {
        _listener.Stop();
        _thread.Join();
    }

    private void Serve()
    {
        try
        {
            while (true)
            {
                using var client = _listener.AcceptTcpClient();
                using var stream = client.GetStream();
                var reader = new StreamReader(stream, Encoding.ASCII);
                var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                if (reader.ReadLine() is not { } first) continue;
                while (reader.ReadLine() is { Length: > 0 } line) headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
                var answer = Answer(first.Split(' ')[1], first.Split(' ')[0], headers);
                stream.Write(answer.AsSpan(0, Math.Max(answer.Length - KeepsBack, 0)));
                if (KeepsBack > 0) client.Client.Poll(TimeSpan.FromSeconds(20), SelectMode.SelectRead); // until the other side gives up
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private byte[] Answer(string address, string method, Dictionary<string, string> headers)
    {
        var range = headers.GetValueOrDefault("Range");
        var authorization = headers.GetValueOrDefault("Authorization");
        var path = address.Split('?')[0];
        Requests.Add($"{method} {address} {range}".TrimEnd());
        Asked?.Invoke(path);
        if (path == "/token") return authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Password!)) ? Whole("200 OK", "{\"token\":\"opened\"}"u8) : Whole("401 No", []);
        if (Password is not null && authorization != "Bearer opened")
            return Whole($"401 No\r\nWWW-Authenticate: Bearer realm=\"http://{Host}/token\",service=\"fake\",scope=\"repository:t/web:pull\"", []);
        if (!Answers.TryGetValue(path, out var content)) return Whole("404 No", []);
        var from = range is null || IgnoresRanges ? 0 : int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture);
        var answer = Whole(from > 0 ? "206 Part" : "200 OK", content.AsSpan(from));
        if (CutAfter is not { } cut || !path.Contains("/blobs/", StringComparison.Ordinal)) return answer;
        CutAfter = null;
        return answer[..(answer.Length - content.Length + cut)];
    }

    private static byte[] Whole(string status, ReadOnlySpan<byte> content) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n"), .. content];
}
