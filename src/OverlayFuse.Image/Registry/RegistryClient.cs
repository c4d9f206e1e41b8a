using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace OverlayFuse.Image;

/// <summary>Speaks to one repository of a registry (OCI distribution-spec): asks, and shows who we are when that is wanted.</summary>
/// <param name="credentials">"user:password"; null: anybody.</param>
public sealed class RegistryClient(RegistryName name, string? credentials) : IDisposable
{
    private const int LargestAnswer = 8 << 20;

    // Blobs may lie elsewhere: the handler follows, and shows our credentials to nobody else.
    private readonly HttpClient _http = HttpConnections.New();
    private volatile AuthenticationHeaderValue? _authorization;

    public RegistryName Name => name;

    /// <summary>So long nothing may come.</summary>
    public TimeSpan Patience { get; init; } = HttpConnections.Patience;

    /// <summary>The address of something in the repository.</summary>
    public string this[string path] => $"{name.Address}/v2/{name.Repository}/{path}";

    /// <summary>Sends, and once more with a token when the registry wants one. The caller closes the answer and looks at its code.</summary>
    /// <param name="request">Made anew for each try.</param>
    /// <exception cref="RefusedException">Nobody answers, or our credentials are not taken.</exception>
    public HttpResponseMessage Send(Func<HttpRequestMessage> request)
    {
        var answer = SendOnce(request());
        if (answer.StatusCode != HttpStatusCode.Unauthorized || !IsHome(answer.RequestMessage?.RequestUri)) return answer;
        var challenge = answer.Headers.WwwAuthenticate.Select(header => Challenge.TryParse(header.ToString())).OfType<Challenge>().FirstOrDefault();
        answer.Dispose();
        _authorization = Authorize(challenge);
        answer = SendOnce(request());
        if (answer.StatusCode is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)) return answer;
        answer.Dispose();
        throw Denied();
    }

    /// <summary>A small answer, whole.</summary>
    /// <exception cref="RefusedException">It does not come to its end.</exception>
    public byte[] ReadAll(HttpResponseMessage answer)
    {
        using var stream = answer.Content.ReadAsStream();
        var content = new MemoryStream();
        var buffer = new byte[1 << 16];
        try
        {
            for (int count; (count = HttpConnections.Read(stream, buffer, Patience)) > 0;)
            {
                content.Write(buffer, 0, count);
                if (content.Length > LargestAnswer) throw new InvalidDataException($"it answers with more than {LargestAnswer} bytes where a document is expected");
            }
        }
        catch (OperationCanceledException)
        {
            throw Silent();
        }
        return content.ToArray();
    }

    public RefusedException Denied() =>
        new($"access to {name.Repository} denied by {name.Host}: the repository does not exist, or requires a login. Type overlayfuse login {name.Host}");

    public RefusedException Unexpected(string deed, HttpResponseMessage answer) =>
        new($"cannot {deed}: {name.Host} answers {(int)answer.StatusCode}.");

    public void Dispose() => _http.Dispose();

    private HttpResponseMessage SendOnce(HttpRequestMessage request)
    {
        var to = request.RequestUri!;
        if (to.Scheme != Uri.UriSchemeHttps && !to.IsLoopback) throw new RefusedException($"{name.Host} leads to {to.Scheme}://{to.Authority}, where anybody could read it.");
        if (IsHome(to)) request.Headers.Authorization ??= _authorization;
        using var limit = new CancellationTokenSource(request.Content is StreamContent ? Timeout.InfiniteTimeSpan : Patience); // a layer takes as long as it takes
        try
        {
            return _http.Send(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (OperationCanceledException)
        {
            throw Silent();
        }
        catch (HttpRequestException e)
        {
            throw new RefusedException($"cannot reach the registry {name.Host}: " +
                $"{HttpConnections.Why(e)}.{(e.HttpRequestError == HttpRequestError.SecureConnectionError ? " Plain HTTP is for this machine only." : "")}");
        }
        finally
        {
            if (request.Content is null) request.Dispose();
        }
    }

    private RefusedException Silent() => new($"the registry {name.Host} does not answer.");

    // Where an upload goes on, and where tokens come from, may be somebody else's: our password and our token are for the registry.
    private bool IsHome(Uri? address)
    {
        var home = new Uri(name.Address);
        return address is not null && address.Scheme == home.Scheme && address.Authority == home.Authority && address.AbsolutePath.StartsWith("/v2/", StringComparison.Ordinal);
    }

    private AuthenticationHeaderValue Authorize(Challenge? challenge)
    {
        var basic = credentials is null ? null : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        if (challenge?.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) == true) return basic ?? throw Denied();
        if (challenge?.TokenAddress() is not { } address) throw Denied();
        if (!address.StartsWith("https://", StringComparison.Ordinal) && !name.Address.StartsWith("http://", StringComparison.Ordinal))
            throw new RefusedException($"{name.Host} asks for a password to be sent to {address}, where anybody could read it.");
        using var answer = SendOnce(new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Authorization = basic } });
        if (!answer.IsSuccessStatusCode) throw Denied();
        var token = ImageJson.Read(ReadAll(answer), ImageJson.Default.TokenAnswer, "token");
        return new AuthenticationHeaderValue("Bearer", token.Token ?? token.AccessToken ?? throw Denied());
    }
}
