namespace OverlayFuse.Image;

/// <summary>An image that is here: its record, its configuration, and its names.</summary>
public sealed record StoredImage(ImageRecord Record, ImageConfig Config, IReadOnlyList<ImageReference> References)
{
    public string Id => "sha256:" + Record.Id;

    public long Size => Record.Layers.Sum(layer => layer.Size);

    /// <summary>Its layers' directories in overlay2, topmost first.</summary>
    public IReadOnlyList<string> LayerIds => [.. Record.Layers.Select(layer => layer.Id).Reverse()];

    /// <summary>The names that people gave it.</summary>
    public IEnumerable<ImageReference> Tags => References.Where(reference => reference.Digest is null);

    /// <summary>The names by which a registry has it.</summary>
    public IEnumerable<ImageReference> Digests => References.Where(reference => reference.Digest is not null);

    /// <summary>Its names as lists have them: a repository that has a tag of it is not named again for a digest.</summary>
    public IEnumerable<ImageReference> Listed =>
        Tags.Concat(Digests.Where(digest => Tags.All(tag => tag.Repository != digest.Repository)).DistinctBy(digest => digest.Repository)).OrderBy(name => name.ToString(), StringComparer.Ordinal);

    /// <summary>It has one name at most, digests of the same repository aside.</summary>
    public bool HasOneName => References.Count <= 1 || (Tags.Take(2).Count() < 2 && References.DistinctBy(reference => reference.Repository).Count() == 1);

    /// <summary>What goes with a name: behind the last tag of a repository the digests of that.</summary>
    public IReadOnlyList<ImageReference> GoingWith(ImageReference name) => name.Digest is not null || Tags.Any(tag => tag != name && tag.Repository == name.Repository)
        ? [name]
        : [name, .. Digests.Where(digest => digest.Repository == name.Repository)];

    /// <summary>It is that one, or was made from it: its layers and its history begin with that one's.</summary>
    public bool StandsOn(StoredImage other) =>
        other.Record.Id == Record.Id
        || (other.Record.Layers.Count > 0
            && Begins(Record.Layers, other.Record.Layers, layer => layer.Id)
            && Begins(Config.History, other.Config.History, step => (step.Created, step.CreatedBy)));

    private static bool Begins<T, TKey>(List<T>? all, List<T>? first, Func<T, TKey> key) =>
        (first ?? []).Select(key).SequenceEqual((all ?? []).Select(key).Take(first?.Count ?? 0));
}
