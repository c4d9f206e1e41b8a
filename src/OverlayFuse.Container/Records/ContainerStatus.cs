using System.Text.Json.Serialization;

namespace OverlayFuse.Container;

/// <summary>Where a container stands in its life.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ContainerStatus>))]
public enum ContainerStatus
{
    Created,
    Running,

    /// <summary>Its program has ended, and begins again after a while.</summary>
    Restarting,
    Exited,
}
