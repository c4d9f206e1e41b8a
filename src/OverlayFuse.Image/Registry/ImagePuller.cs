using System.Net;

namespace OverlayFuse.Image;

/// <summary>Brings an image from a registry: its manifest, then what is missing here, several layers at once.</summary>
public sealed class ImagePuller(ImageStore store, RegistryClient client)
{
    private const int AtOnce = 3;
    private const int DeepestIndex = 2;

    private static readonly string[] Manifests =
    [
        Manifest.ManifestType, Manifest.IndexType,
        "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json",
    ];

    private const long LargestConfig = 8 << 20;
    private const long LargestLayer = 1L << 44; // sums of them are numbers, too

    private long _came;
    private long _all;

    /// <summary>Told of each layer: its digest, and "Pull complete" or "Already exists".</summary>
    public Action<Digest, string>? Said { get; init; }

    /// <summary>Bytes that came, of how many.</summary>
    public IProgress<(long Came, long All)>? Progress { get; init; }

    public int WithoutOwner { get; private set; }

    /// <param name="digest">That of the manifest.</param>
    /// <exception cref="RefusedException">It is not there, or is not what it should be.</exception>
    public StoredImage Pull(ImageReference reference, out Digest digest)
    {
        try
        {
            var manifest = Fetch(reference, reference.Digest?.ToString() ?? reference.Tag, reference.Digest, DeepestIndex, out digest);
            var config = manifest.Config!;
            if (config.Size is < 0 or > LargestConfig) throw new InvalidDataException($"its configuration has {config.Size} bytes, which is too large");
            using var files = new FetchedFiles();
            var text = File.ReadAllBytes(files.Add(new BlobFetcher(client, store.State).Fetch(Parse(config.Digest), config.Size)));
            return Store(ImageJson.ReadForeign(text, ImageJson.Default.ImageConfig, "configuration"), text, manifest.Layers!, reference, digest, files);
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot pull {reference}: {e.Message}.");
        }
        catch (IOException e)
        {
            throw new RefusedException($"cannot pull {reference} into {store.State.Root}: {FileErrors.Reason(e)}.");
        }
    }

    private Manifest Fetch(ImageReference reference, string tag, Digest? expected, int depth, out Digest digest)
    {
        using var answer = client.Send(() =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, client["manifests/" + tag]);
            foreach (var type in Manifests) request.Headers.TryAddWithoutValidation("Accept", type);
            return request;
        });
        if (answer.StatusCode == HttpStatusCode.NotFound) throw new RefusedException($"manifest for {reference} not found: manifest unknown");
        if (!answer.IsSuccessStatusCode) throw client.Unexpected($"pull {reference}", answer);
        var text = client.ReadAll(answer);
        digest = Digest.Of(text);
        if (expected is { } wanted && wanted != digest) throw new InvalidDataException($"a manifest has the digest {digest} instead of {wanted}");
        var manifest = ImageJson.ReadForeign(text, ImageJson.Default.Manifest, "manifest");
        if (manifest.Manifests is { } choices)
        {
            if (depth == 0) throw new InvalidDataException("its indexes are nested too deeply");
            var choice = ImageLoader.Choose(choices);
            return Fetch(reference, choice.Digest, Parse(choice.Digest), depth - 1, out _);
        }
        return manifest is { Config: not null, Layers: not null }
            ? manifest
            : throw new InvalidDataException("its manifest lacks its configuration or its layers, or is of a form older than that of 2016");
    }

    private StoredImage Store(ImageConfig config, byte[] text, List<Descriptor> layers, ImageReference reference, Digest digest, FetchedFiles files)
    {
        if (config.RootFs.DiffIds.Count != layers.Count) throw new InvalidDataException($"it has {layers.Count} layers, but its configuration lists {config.RootFs.DiffIds.Count}");
        if (layers.Find(layer => layer.Size is < 0 or > LargestLayer) is { } odd) throw new InvalidDataException($"a layer has {odd.Size} bytes, which is impossible");
        var diffIds = config.RootFs.DiffIds.Select(Parse).ToList();
        var blobs = layers.Select(layer => Parse(layer.Digest)).ToList();
        var chain = new List<string>();
        foreach (var diffId in diffIds) chain.Add(LayerStore.ChainId(chain.LastOrDefault(), diffId));
        var paths = new Dictionary<int, string>();
        using var held = FetchMissing(layers, chain, paths, files, out var known);
        var records = new List<LayerRecord>();
        var limit = new UnpackLimit(reference.ToString(), layers.DistinctBy(layer => layer.Digest).Sum(layer => layer.Size));
        for (var i = 0; i < layers.Count; i++)
        {
            if (paths.TryGetValue(i, out var path))
            {
                records.Add(new LayerWriter(store) { Limit = limit }.Store(path, records, diffIds[i], blobs[i], out var withoutOwner));
                WithoutOwner += withoutOwner;
                Said?.Invoke(blobs[i], "Pull complete");
                continue;
            }
            records.Add(known[chain[i]]);
            Said?.Invoke(blobs[i], "Already exists");
        }
        var image = store.Add(text, records);
        store.Tag(image, reference, reference.With(digest));
        return image;
    }

    // Until, under the lock, nothing is missing any more: what was here may have gone while the rest came.
    private StateLock FetchMissing(List<Descriptor> layers, List<string> chain, Dictionary<int, string> paths, FetchedFiles files, out Dictionary<string, LayerRecord> known)
    {
        known = Known();
        while (true)
        {
            var here = known;
            Fetch(layers, [.. Enumerable.Range(0, layers.Count).Where(i => !here.ContainsKey(chain[i]) && !paths.ContainsKey(i))], paths, files);
            var held = store.Lock();
            try
            {
                here = known = Known();
                if (Enumerable.Range(0, layers.Count).All(i => here.ContainsKey(chain[i]) || paths.ContainsKey(i))) return held;
            }
            catch
            {
                held.Dispose();
                throw;
            }
            held.Dispose();
        }
    }

    private Dictionary<string, LayerRecord> Known() =>
        store.All().SelectMany(image => image.Record.Layers).Where(store.IsWhole).DistinctBy(layer => layer.Id).ToDictionary(layer => layer.Id);

    private void Fetch(List<Descriptor> layers, List<int> missing, Dictionary<int, string> paths, FetchedFiles files)
    {
        _all += missing.Sum(i => layers[i].Size);
        var fetcher = new BlobFetcher(client, store.State) { Came = count => Progress?.Report((Interlocked.Add(ref _came, count), _all)) };
        var pathsLock = new Lock(); // leaf; protects paths
        try
        {
            Parallel.ForEach(missing, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, i =>
            {
                var path = files.Add(fetcher.Fetch(Parse(layers[i].Digest), layers[i].Size));
                lock (pathsLock) paths[i] = path;
            });
        }
        catch (AggregateException e)
        {
            throw e.InnerExceptions[0]; // each is a sentence; one will do
        }
    }

    private static Digest Parse(string text) => Digest.TryParse(text) ?? throw new InvalidDataException($"\"{text}\" is not a digest of a known kind");
}
