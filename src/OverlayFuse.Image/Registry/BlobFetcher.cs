using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace OverlayFuse.Image;

/// <summary>Fetches blobs into files, checked as they come. What breaks off goes on where it was, in this command or the next.</summary>
public sealed class BlobFetcher(RegistryClient client, StateDirectory state)
{
    private const int MaxTries = 5;

    /// <summary>Waits longer after each failure.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>So long nothing may come.</summary>
    public TimeSpan Patience { get; init; } = HttpConnections.Patience;

    /// <summary>Told of bytes as they come; may be called by several threads.</summary>
    public Action<long>? Came { get; init; }

    /// <returns>A file that may be moved away, with the right content.</returns>
    /// <exception cref="RefusedException">It is not there, keeps breaking off, or is not what it should be.</exception>
    public string Fetch(Digest digest, long size)
    {
        var path = Path.Combine(state.Temporary, $"{digest.Hex}.partial");
        using var file = OpenPartial(ref path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (file.Length > size) file.SetLength(0);
        var kept = Take(file, hash);
        Came?.Invoke(kept);
        for (var attempt = 1; file.Length < size; attempt++)
        {
            var before = file.Length;
            if (Continue(digest, size, file, hash)) break;
            if (file.Length > before) attempt = 1;
            if (attempt == MaxTries)
                throw new RefusedException($"cannot fetch {digest}: {client.Name.Host} broke off after {file.Length} of {size} bytes, {MaxTries} times. What came is " +
                    "kept; try again.");
            Thread.Sleep(FirstPause * attempt);
        }
        var found = Digest.Of(hash);
        if (found == digest && file.Length == size)
        {
            var whole = state.NewTemporary(); // an image may have a layer twice, and another command fetch the same
            File.Move(path, whole);
            return whole;
        }
        File.Delete(path);
        throw new RefusedException($"{client.Name.Host} sent {file.Length} bytes with the digest {found} for {digest}, which has {size}: filesystem layer verification failed.");
    }

    // Another command may be fetching the same: then it is fetched twice, which is slower and right.
    private FileStream OpenPartial(ref string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            path = state.NewTemporary();
            return new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        }
    }

    private static long Take(FileStream file, IncrementalHash hash)
    {
        var buffer = new byte[1 << 16];
        for (int count; (count = file.Read(buffer)) > 0;) hash.AppendData(buffer, 0, count);
        return file.Length;
    }

    // False: it broke off. The hash has what the file has.
    private bool Continue(Digest digest, long size, FileStream file, IncrementalHash hash)
    {
        try
        {
            using var answer = client.Send(() =>
            {
                var request = new HttpRequestMessage(HttpMethod.Get, client[$"blobs/{digest}"]);
                if (file.Length > 0) request.Headers.Range = new RangeHeaderValue(file.Length, null);
                return request;
            });
            if (answer.StatusCode == HttpStatusCode.NotFound) throw new RefusedException($"cannot fetch {digest}: {client.Name.Host} does not have it.");
            if ((int)answer.StatusCode >= 500) return false;
            if (!answer.IsSuccessStatusCode) throw client.Unexpected($"fetch {digest}", answer);
            if (answer.StatusCode != HttpStatusCode.PartialContent && file.Length > 0)
            {
                Came?.Invoke(-file.Length);
                file.SetLength(0);
                hash.GetHashAndReset(); // it sends all of it again
            }
            using var content = answer.Content.ReadAsStream();
            var buffer = new byte[1 << 16];
            for (int count; (count = HttpConnections.Read(content, buffer, Patience)) > 0;)
            {
                if (file.Length + count > size) throw new RefusedException($"{client.Name.Host} sends more than the {size} bytes that {digest} has: filesystem layer verification failed.");
                file.Write(buffer, 0, count);
                hash.AppendData(buffer, 0, count);
                Came?.Invoke(count);
            }
            return file.Length == size;
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or OperationCanceledException or System.Net.Sockets.SocketException
            || (e is IOException && e.InnerException is System.Net.Sockets.SocketException))
        {
            return false;
        }
    }
}
