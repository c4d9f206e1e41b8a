using System.Text.Json.Serialization;

namespace OverlayFuse.Container;

/// <summary>What is mounted into a container.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MountKind>))]
public enum MountKind
{
    Volume,
    Bind,
    Tmpfs,
}
