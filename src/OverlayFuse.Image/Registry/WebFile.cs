namespace OverlayFuse.Image;

/// <summary>A file that an address leads to: what ADD fetches.</summary>
public static class WebFile
{
    /// <summary>What a file of that address is called; empty where it ends in a slash.</summary>
    public static string NameOf(Uri address) => Uri.UnescapeDataString(address.Segments[^1]) is var name and not ("." or "..") && !name.Contains('/') ? name : "";

    /// <summary>Whether a word is such an address.</summary>
    public static bool IsAddress(string word) => word.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || word.StartsWith("https://", StringComparison.OrdinalIgnoreCase);

    /// <summary>Brings it into a new file, with the time at which it was changed there.</summary>
    /// <exception cref="RefusedException">It is not there, breaks off, or is not what it should be; no file is left.</exception>
    public static void Fetch(Uri address, Digest? expected, string path)
    {
        var isWhole = false;
        try
        {
            var (found, changed) = Fetch(address, path);
            if (expected is { } wanted && found != wanted) throw new RefusedException($"digest mismatch {found}: {wanted}. What {address} leads to is not what --checksum says.");
            if (changed is { } time) File.SetLastWriteTimeUtc(path, time.UtcDateTime);
            isWhole = true;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            throw new RefusedException($"cannot fetch {address}: {Why(e, path)}.");
        }
        finally
        {
            if (!isWhole) File.Delete(path);
        }
    }

    private static string Why(Exception error, string path) => error switch
    {
        HttpRequestException failed => HttpConnections.Why(failed),
        OperationCanceledException => "no more data arrives",
        _ => $"the connection broke off, or the disk of {Path.GetDirectoryName(path)} is full",
    };

    private static (Digest Content, DateTimeOffset? Changed) Fetch(Uri address, string path)
    {
        using var http = HttpConnections.New();
        using var limit = new CancellationTokenSource(HttpConnections.Patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        using var answer = http.Send(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        if (!answer.IsSuccessStatusCode) throw new RefusedException($"cannot fetch {address}: the answer is {(int)answer.StatusCode}.");
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite);
        using var content = answer.Content.ReadAsStream();
        var buffer = new byte[1 << 16];
        for (int count; (count = HttpConnections.Read(content, buffer, HttpConnections.Patience)) > 0;) file.Write(buffer, 0, count);
        if (answer.Content.Headers.ContentLength is { } length && length != file.Length) throw new IOException();
        file.Position = 0;
        return (Digest.Of(file), answer.Content.Headers.LastModified);
    }
}
