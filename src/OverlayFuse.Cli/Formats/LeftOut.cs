using System.Text.Json.Nodes;

namespace OverlayFuse.Cli;

/// <summary>Members that docker's JSON leaves out where they say nothing, and its templates know all the same.</summary>
/// <remarks>moby, api/types: "omitempty".</remarks>
internal static class LeftOut
{
    /// <summary>False: nothing has such a member.</summary>
    public static bool TryGet(string name, out JsonNode? value)
    {
        value = name switch
        {
            "Health" or "Healthcheck" or "Init" or "StopTimeout" or "SizeRw" or "SizeRootFs" => Nil.Pointer.ToNode(),
            "Mounts" or "Shell" => Nil.List.ToNode(),
            "ExposedPorts" or "StorageOpt" or "Sysctls" or "Tmpfs" => Nil.Map.ToNode(),
            "StopSignal" => "",
            _ => null,
        };
        return value is not null;
    }
}
