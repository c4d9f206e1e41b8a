using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The "process" of the OCI runtime-spec: what a container begins with, and what exec adds to it. Pure.</summary>
public sealed class ProcessSpec(ContainerRecord record, UserLookup user)
{
    /// <summary>022, as docker's, whatever that of the caller is.</summary>
    public const int UsualMask = 0x12;

    /// <summary>The program and its arguments.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>NAME=VALUE, or NAME for one that is to be away; what has to be there and is not is added.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    public required string Directory { get; init; }

    public bool Terminal { get; init; }

    /// <summary>What root may; another user may get it back by a set-user-ID program, and has nothing to begin with.</summary>
    public required IReadOnlyList<string> Capabilities { get; init; }

    public JsonObject Write()
    {
        var held = user.Uid == 0 ? Capabilities : [];
        var process = new JsonObject
        {
            ["terminal"] = Terminal,
            ["user"] = User(),
            ["args"] = RuntimeSpec.Strings(Arguments),
            ["env"] = RuntimeSpec.Strings(Variables()),
            ["cwd"] = Directory.Length > 0 ? Directory : "/",
            ["capabilities"] = new JsonObject { ["bounding"] = RuntimeSpec.Strings(Capabilities), ["effective"] = RuntimeSpec.Strings(held), ["permitted"] = RuntimeSpec.Strings(held) },
            ["noNewPrivileges"] = record.SecurityOptions.Contains(SecurityOptions.NoNewPrivileges),
        };
        if (record.Ulimits is { } limits) process["rlimits"] = new JsonArray([.. limits.Select(Limit)]);
        return process;
    }

    private JsonObject User()
    {
        var own = new JsonObject { ["uid"] = user.Uid, ["gid"] = user.Gid, ["umask"] = UsualMask };
        if (user.Groups.Count > 0) own["additionalGids"] = new JsonArray([.. user.Groups.Select(group => JsonValue.Create(group))]);
        return own;
    }

    // In docker's order. What is only added here is no part of a container's configuration, or of an image that is made of it.
    private List<string> Variables()
    {
        List<string> variables = ["PATH=" + ConfigChange.UsualPath, "HOSTNAME=" + record.Hostname];
        if (Terminal) variables.Add("TERM=xterm");
        Container.Variables.Apply(variables, Environment);
        if (!variables.Exists(variable => variable.StartsWith("HOME=", StringComparison.Ordinal))) variables.Add("HOME=" + user.Home);
        return variables;
    }

    private static JsonObject Limit(Ulimit limit) =>
        new() { ["type"] = "RLIMIT_" + limit.Name.ToUpperInvariant(), ["hard"] = Number(limit.Hard), ["soft"] = Number(limit.Soft) };

    // -1 is RLIM_INFINITY, all bits.
    private static ulong Number(long limit) => unchecked((ulong)limit);
}
