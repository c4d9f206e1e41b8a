using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>What inspect says of an image, with docker's names in docker's order.</summary>
/// <remarks>moby, api/types: ImageInspect.</remarks>
internal static class ImageDescription
{
    public static JsonObject Of(StoredImage image, LayerStore layers) => new()
    {
        ["Id"] = image.Id,
        ["RepoTags"] = Strings(image.Tags.Select(reference => reference.ToString())),
        ["RepoDigests"] = Strings(image.Digests.Select(reference => reference.ToString())),
        ["Parent"] = "",
        ["Comment"] = image.Config.Comment ?? image.Config.History?.LastOrDefault()?.Comment ?? "",
        ["Created"] = image.Config.Created,
        ["Container"] = image.Config.Container ?? "",
        ["ContainerConfig"] = Config(image.Config.ContainerConfig ?? new ContainerConfig()), // of the container it was made of, which only docker keeps
        ["DockerVersion"] = image.Config.DockerVersion ?? "",
        ["Author"] = image.Config.Author ?? "",
        ["Config"] = Config(image.Config.Config ?? new ContainerConfig()),
        ["Architecture"] = image.Config.Architecture,
        ["Os"] = image.Config.Os,
        ["Size"] = image.Size,
        ["VirtualSize"] = image.Size,
        ["GraphDriver"] = GraphDriver(layers, image.LayerIds),
        ["RootFS"] = new JsonObject { ["Type"] = "layers", ["Layers"] = Strings(image.Config.RootFs.DiffIds) },
        ["Metadata"] = new JsonObject { ["LastTagTime"] = GoTime.Text(image.Record.Stored) },
    };

    /// <summary>The directories of a stack, its topmost layer being the upper one.</summary>
    internal static JsonObject GraphDriver(LayerStore layers, IReadOnlyList<string> topmostFirst)
    {
        var data = new JsonObject();
        if (topmostFirst.Count > 1) data["LowerDir"] = string.Join(':', topmostFirst.Skip(1).Select(layers.DiffOf));
        if (topmostFirst is [var top, ..])
        {
            data["MergedDir"] = Path.Combine(layers.PathOf(top), "merged");
            data["UpperDir"] = layers.DiffOf(top);
            data["WorkDir"] = Path.Combine(layers.PathOf(top), "work");
        }
        return new JsonObject { ["Data"] = data, ["Name"] = "overlayfuse" };
    }

    internal static JsonObject Config(ContainerConfig config)
    {
        var described = new JsonObject
        {
            ["Hostname"] = config.Hostname ?? "",
            ["Domainname"] = "",
            ["User"] = config.User,
            ["AttachStdin"] = false,
            ["AttachStdout"] = false,
            ["AttachStderr"] = false,
        };
        if (config.ExposedPorts is { Count: > 0 } ports) described["ExposedPorts"] = Set(ports.Keys);
        described["Tty"] = false;
        described["OpenStdin"] = false;
        described["StdinOnce"] = false;
        described["Env"] = Strings(config.Env);
        described["Cmd"] = Strings(config.Cmd);
        if (config.Healthcheck is { } check) described["Healthcheck"] = Check(check);
        described["Image"] = config.Image ?? "";
        described["Volumes"] = config.Volumes is null ? Nil.Map.ToNode() : Set(config.Volumes.Keys);
        described["WorkingDir"] = config.WorkingDir;
        described["Entrypoint"] = Strings(config.Entrypoint);
        described["OnBuild"] = Strings(config.OnBuild);
        described["Labels"] = config.Labels is null ? Nil.Map.ToNode() : Pairs(config.Labels);
        if (config.StopSignal is not null) described["StopSignal"] = config.StopSignal;
        if (config.Shell is not null) described["Shell"] = Strings(config.Shell);
        return described;
    }

    // As docker has it: what was not said is left out.
    private static JsonObject Check(Healthcheck check)
    {
        var described = new JsonObject { ["Test"] = Strings(check.Test) };
        foreach (var (name, value) in new[] { ("Interval", check.Interval), ("Timeout", check.Timeout), ("StartPeriod", check.StartPeriod), ("Retries", check.Retries) })
            if (value != 0) described[name] = value;
        return described;
    }

    internal static JsonObject Pairs(IEnumerable<KeyValuePair<string, string>> pairs) => new(pairs.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value))));

    internal static JsonNode Strings(IEnumerable<string>? strings) => strings is null ? Nil.List.ToNode() : new JsonArray([.. strings.Select(text => JsonValue.Create(text))]);

    private static JsonObject Set(IEnumerable<string> names) => new(names.Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonObject())));
}
