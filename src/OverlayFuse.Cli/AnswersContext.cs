using System.Text.Json.Serialization;

namespace OverlayFuse.Cli;

/// <summary>What --json writes, and what inspect has no words for, generated at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(JsonExplanation[]))]
[JsonSerializable(typeof(JsonChange[]))]
[JsonSerializable(typeof(JsonStatus))]
[JsonSerializable(typeof(Nil))]
internal sealed partial class AnswersContext : JsonSerializerContext;
