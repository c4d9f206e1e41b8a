using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>Brings an image from the registry that its name leads to, and says so as docker does.</summary>
internal static class ImagePull
{
    /// <param name="say">Gets a line at a time.</param>
    /// <exception cref="RefusedException">It is not there, or the registry cannot be reached.</exception>
    public static void Run(ImageStore store, ImageReference reference, Action<string> say)
    {
        var registry = RegistryName.Of(reference);
        using var client = new RegistryClient(registry, RegistryCredentials.OfUser().Find(registry.Host));
        using var progress = new ProgressLine();
        var puller = new ImagePuller(store, client)
        {
            Said = (layer, what) => say($"{Identifier.Short(layer.ToString())}: {what}"),
            Progress = progress.For<(long Came, long All)>(count => $"pulling {HumanText.Size(count.Came)} of {HumanText.Size(count.All)}"),
        };
        var before = store.Find(reference.ToString())?.Id;
        say($"{(reference.Digest is null ? reference.Tag : WholeName(registry, reference))}: Pulling from {registry.Repository}");
        var image = puller.Pull(reference, out var digest);
        say($"Digest: {digest}");
        say($"Status: {(before == image.Id ? "Image is up to date for" : "Downloaded newer image for")} {reference}");
        ImageArguments.SayOwners(puller.WithoutOwner);
    }

    /// <summary>With the registry, and a tag or a digest.</summary>
    public static string WholeName(RegistryName registry, ImageReference reference) =>
        $"{registry.Host}/{registry.Repository}{(reference.Digest is { } digest ? $"@{digest}" : $":{reference.Tag}")}";

    /// <summary>Before an image is used: one that is not here is brought, unless it is said otherwise.</summary>
    /// <exception cref="RefusedException">It cannot be had.</exception>
    public static void BringIn(ImageStore store, string name, PullPolicy policy)
    {
        if (policy == PullPolicy.Never || (policy == PullPolicy.Missing && store.Find(name) is not null)) return;
        if (name.StartsWith("sha256:", StringComparison.Ordinal) || ImageReference.TryParsePinned(name) is not { } reference) return;
        if (policy == PullPolicy.Missing) Terminal.Say($"Unable to find image '{reference}' locally");
        Run(store, reference, Terminal.Say);
    }
}
