using System.Text.Json;
using System.Text.Json.Nodes;

namespace OverlayFuse.Image;

/// <summary>One instruction of a Dockerfile that changes a configuration only: what "--change" takes.</summary>
public static class ConfigChange
{
    /// <summary>What a command in the form of a line is given to.</summary>
    public static readonly IReadOnlyList<string> UsualShell = ["/bin/sh", "-c"];

    /// <summary>Where programs are looked for when nobody says where.</summary>
    public const string UsualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private static readonly char[] Blanks = [' ', '\t'];

    /// <exception cref="RefusedException">Not such an instruction, or not in its form.</exception>
    public static void Apply(ContainerConfig config, string line)
    {
        var parts = line.Trim().Split(Blanks, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts is not [var keyword, var rest]) throw new RefusedException($"\"{line}\" is not a change: it needs an instruction and a value, as in 'CMD [\"/bin/sh\"]'.");
        Apply(config, keyword, rest, new ShellWords(name => Variable(config, name)), UsualShell);
    }

    /// <param name="words">Puts variables in, as they are before this instruction.</param>
    /// <param name="shell">What SHELL said.</param>
    /// <exception cref="RefusedException">Not such an instruction, or not in its form.</exception>
    public static void Apply(ContainerConfig config, string keyword, string rest, ShellWords words, IReadOnlyList<string> shell)
    {
        switch (keyword.ToUpperInvariant())
        {
            case "CMD": config.Cmd = Command(rest, shell); break;
            case "ENTRYPOINT": config.Entrypoint = Command(rest, shell); break;
            case "USER": config.User = words.Expand(rest); break;
            case "WORKDIR": config.WorkingDir = Within(config.WorkingDir, words.Expand(rest).TrimEnd('/') is { Length: > 0 } path ? path : "/"); break;
            case "STOPSIGNAL": config.StopSignal = words.Expand(rest); break;
            case "ONBUILD": (config.OnBuild ??= []).Add(rest); break;
            case "ENV": foreach (var (name, value) in Pairs(keyword, rest, words)) SetEnvironment(config, name, value); break;
            case "LABEL": foreach (var (name, value) in Pairs(keyword, rest, words)) (config.Labels ??= [])[name] = value; break;
            case "EXPOSE": foreach (var port in words.ExpandWords(rest).SelectMany(ExposedPorts.Parse).ToList()) (config.ExposedPorts ??= [])[port] = default; break;
            case "VOLUME": foreach (var volume in JsonList(rest)?.Select(words.Expand) ?? words.ExpandWords(rest)) (config.Volumes ??= [])[volume] = default; break;
            default: throw new RefusedException($"{keyword} is not a valid change command. CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR are.");
        }
    }

    /// <summary>Sets a variable in place, or adds it.</summary>
    public static void SetEnvironment(ContainerConfig config, string name, string value)
    {
        config.Env ??= [];
        var at = config.Env.FindIndex(variable => variable.StartsWith(name + "=", StringComparison.Ordinal));
        if (at < 0) config.Env.Add($"{name}={value}");
        else config.Env[at] = $"{name}={value}";
    }

    public static string? Variable(ContainerConfig config, string name) =>
        config.Env?.Find(variable => variable.StartsWith(name + "=", StringComparison.Ordinal)) is { } found ? found[(name.Length + 1)..] : null;

    /// <summary>A path as WORKDIR makes it absolute; ".." is taken out by its words, and a slash at the end stays.</summary>
    public static string Within(string directory, string path)
    {
        var names = new List<string>();
        foreach (var name in (path.StartsWith('/') ? path : $"{directory}/{path}").Split('/'))
        {
            if (name == ".." && names.Count > 0) names.RemoveAt(names.Count - 1);
            else if (name is not ("" or "." or "..")) names.Add(name);
        }
        return "/" + string.Join('/', names) + (names.Count > 0 && path.EndsWith('/') ? "/" : "");
    }

    /// <summary>A list in JSON as it stands, anything else for the shell.</summary>
    public static List<string> Command(string text, IReadOnlyList<string> shell) => JsonList(text) ?? [.. shell, text];

    /// <summary>Null for what is none.</summary>
    public static List<string>? JsonList(string text)
    {
        if (!text.StartsWith('[')) return null;
        try
        {
            return JsonNode.Parse(text) is JsonArray array && array.All(item => item?.GetValueKind() == JsonValueKind.String) ? [.. array.Select(item => item!.GetValue<string>())] : null;
        }
        catch (JsonException)
        {
            return null; // the shell has a command [, too
        }
    }

    // "NAME=VALUE NAME=VALUE" with quotes, or the old "NAME VALUE". All are read before one is set: they see what was before.
    private static List<(string Name, string Value)> Pairs(string keyword, string text, ShellWords words)
    {
        var parts = words.Split(text);
        if (parts.Count > 0 && !parts[0].Contains('='))
        {
            var old = text.Split(Blanks, 2, StringSplitOptions.TrimEntries);
            return old is [var name, var value] ? [(words.Expand(name), words.Expand(value))] : throw new RefusedException($"\"{keyword} {text}\": {text} needs a value, as in {text}=value.");
        }
        return [.. parts.Select(part => part.IndexOf('=') is > 0 and var at
            ? (words.Expand(part[..at]), words.Expand(part[(at + 1)..]))
            : throw new RefusedException($"\"{keyword} {text}\": \"{part}\" is not of the form NAME=VALUE."))];
    }
}
