namespace OverlayFuse.Image;

/// <summary>One image in the manifest.json of "docker save": paths in the archive.</summary>
public sealed class DockerManifest
{
    public string Config { get; set => field = value ?? ""; } = "";

    public List<string>? RepoTags { get; set; }

    public List<string> Layers { get; set => field = value ?? []; } = []; // Go writes an empty list as null
}
