namespace OverlayFuse.Image;

/// <summary>What a step of a build made, in image/cache/KEY.json.</summary>
public sealed class CachedStep
{
    /// <summary>Null: it changed the configuration only.</summary>
    public LayerRecord? Layer { get; set; }

    /// <summary>The layer it stands on; without that it is of no use. Null: upon nothing.</summary>
    public string? Below { get; set; }

    /// <summary>As the history has it: the same steps make the same image.</summary>
    public required string Created { get; set; }
}
