using System.Text.Json.Serialization;

namespace OverlayFuse.Cli;

/// <summary>What --json writes, generated at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(JsonExplanation[]))]
[JsonSerializable(typeof(JsonChange[]))]
[JsonSerializable(typeof(JsonStatus))]
internal sealed partial class AnswersContext : JsonSerializerContext;
