using System.Text.Json.Serialization;

namespace OverlayFuse.Container;

/// <summary>A volume, in volumes/NAME/volume.json; its files are in _data beside it.</summary>
public sealed class VolumeRecord
{
    public required string Name { get; set; }

    public required DateTimeOffset Created { get; set; }

    public string Driver { get; set; } = "local";

    /// <summary>The driver was named: a volume of another one does not do.</summary>
    [JsonIgnore]
    public bool IsDriverAsked { get; init; }

    public SortedDictionary<string, string> Labels { get; set; } = [];

    public SortedDictionary<string, string> Options { get; set; } = [];

    public bool IsAnonymous { get; set; }

    /// <summary>Nothing is written down of it here: its plugin told of it.</summary>
    [JsonIgnore]
    public bool IsOfPlugin { get; init; }

    /// <summary>A directory of ours. As docker: what a plugin keeps, or options say where, may be somebody else's too, and is neither counted nor pruned.</summary>
    [JsonIgnore]
    public bool IsPlain => Driver == VolumeDriver.Local && Options.Count == 0;
}
