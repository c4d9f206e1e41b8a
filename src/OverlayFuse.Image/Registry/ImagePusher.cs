using System.Net;
using System.Net.Http.Headers;

namespace OverlayFuse.Image;

/// <summary>Brings an image to a registry: the layers that it lacks, several at once, then the configuration, and last the manifest.</summary>
public sealed class ImagePusher(ImageStore store, RegistryClient client)
{
    private const int AtOnce = 3;

    private long _sent;

    /// <summary>Told of each layer: its digest, and "Pushed" or "Layer already exists".</summary>
    public Action<Digest, string>? Said { get; init; }

    /// <summary>Bytes that went.</summary>
    public IProgress<long>? Progress { get; init; }

    /// <returns>The digest of the manifest and its size.</returns>
    /// <exception cref="RefusedException">The registry does not take it.</exception>
    public (Digest Digest, int Size) Push(StoredImage image, ImageReference reference)
    {
        try
        {
            var layers = image.Record.Layers.Select(layer => Digest.FromHex(layer.Blob)!.Value).Distinct().ToList();
            Parallel.ForEach(layers, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, digest => Said?.Invoke(digest, Send(digest) ? "Pushed" : "Layer already exists"));
            Send(Digest.FromHex(image.Record.Id)!.Value);
        }
        catch (AggregateException e)
        {
            throw e.InnerExceptions[0] is HttpRequestException or IOException ? Broken(reference) : e.InnerExceptions[0];
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw Broken(reference);
        }
        var manifest = ImageManifest.Of(store, image);
        using var answer = client.Send(() => new HttpRequestMessage(HttpMethod.Put, client["manifests/" + reference.Tag])
        {
            Content = new ByteArrayContent(manifest) { Headers = { ContentType = new MediaTypeHeaderValue(Manifest.ManifestType) } },
        });
        if (!answer.IsSuccessStatusCode) throw client.Unexpected($"push {reference}", answer);
        return (Digest.Of(manifest), manifest.Length);
    }

    // False: it is there already.
    private bool Send(Digest digest)
    {
        using (var answer = client.Send(() => new HttpRequestMessage(HttpMethod.Head, client[$"blobs/{digest}"])))
        {
            if (answer.IsSuccessStatusCode) return false;
            if (answer.StatusCode != HttpStatusCode.NotFound) throw client.Unexpected($"look for {digest}", answer);
        }
        using var begun = client.Send(() => new HttpRequestMessage(HttpMethod.Post, client["blobs/uploads/"]) { Content = new ByteArrayContent([]) });
        if (begun.StatusCode != HttpStatusCode.Accepted || begun.Headers.Location is not { } place) throw client.Unexpected($"begin to send {digest}", begun);
        var address = new UriBuilder(new Uri(new Uri(client.Name.Address), place));
        address.Query = (address.Query.Length > 1 ? address.Query[1..] + "&" : "") + "digest=" + Uri.EscapeDataString(digest.ToString());
        using var sent = client.Send(() => new HttpRequestMessage(HttpMethod.Put, address.Uri)
        {
            Content = new StreamContent(new ProgressStream(Compression.OpenFile(store.Blobs.PathOf(digest)), Progress is null ? null : new Sent(this)))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream"), ContentLength = new FileInfo(store.Blobs.PathOf(digest)).Length },
            },
        });
        return sent.StatusCode == HttpStatusCode.Created ? true : throw client.Unexpected($"send {digest}", sent);
    }

    private RefusedException Broken(ImageReference reference) => new($"cannot push {reference}: {client.Name.Host} broke off. Push again: what it has is not sent twice.");

    private sealed class Sent(ImagePusher pusher) : IProgress<long>
    {
        private long _before;

        public void Report(long value)
        {
            pusher.Progress?.Report(Interlocked.Add(ref pusher._sent, value - _before));
            _before = value;
        }
    }
}
