namespace OverlayFuse.Image;

/// <summary>How we speak HTTP, to registries and others: how long we wait, and what failed, for people.</summary>
internal static class HttpConnections
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static HttpClient New() =>
        new(new SocketsHttpHandler { ConnectTimeout = Patience, PooledConnectionLifetime = TimeSpan.FromMinutes(5) }) { Timeout = Timeout.InfiniteTimeSpan };

    /// <summary>What comes next; streams of the library have no time limit of their own.</summary>
    /// <exception cref="OperationCanceledException">Nothing came in time.</exception>
    public static int Read(Stream content, byte[] buffer, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        return content.ReadAsync(buffer, limit.Token).AsTask().GetAwaiter().GetResult();
    }

    public static string Why(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "there is no such host",
        HttpRequestError.ConnectionError => "connection refused, or no answer",
        HttpRequestError.SecureConnectionError => "its certificate is not accepted, or it does not speak TLS",
        var other => other.ToString(),
    };
}
