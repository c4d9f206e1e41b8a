using System.Text.Json.Serialization;

namespace OverlayFuse.Container;

/// <summary>The JSON of this room, generated at compile time.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContainerRecord))]
[JsonSerializable(typeof(ContainerState))]
[JsonSerializable(typeof(VolumeRecord))]
internal sealed partial class ContainerJson : JsonSerializerContext;
