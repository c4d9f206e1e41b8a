using System.Text.Json;
using System.Text.Json.Nodes;

namespace OverlayFuse.Image;

/// <summary>One instruction of a Dockerfile that changes a configuration only: what "--change" takes.</summary>
public static class ConfigChange
{
    private static readonly char[] Blanks = [' ', '\t'];

    /// <exception cref="RefusedException">Not such an instruction, or not in its form.</exception>
    public static void Apply(ContainerConfig config, string line)
    {
        var parts = line.Trim().Split(Blanks, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts is not [var keyword, var rest]) throw new RefusedException($"\"{line}\" is no change: an instruction and a value are wanted, as in 'CMD [\"/bin/sh\"]'.");
        switch (keyword.ToUpperInvariant())
        {
            case "CMD": config.Cmd = Command(rest); break;
            case "ENTRYPOINT": config.Entrypoint = Command(rest); break;
            case "USER": config.User = rest; break;
            case "WORKDIR": config.WorkingDir = rest.StartsWith('/') ? rest : $"{config.WorkingDir.TrimEnd('/')}/{rest}"; break;
            case "STOPSIGNAL": config.StopSignal = rest; break;
            case "ONBUILD": (config.OnBuild ??= []).Add(rest); break;
            case "ENV": foreach (var (name, value) in Pairs(rest, line)) SetEnvironment(config, name, value); break;
            case "LABEL": foreach (var (name, value) in Pairs(rest, line)) (config.Labels ??= [])[name] = value; break;
            case "EXPOSE": foreach (var port in Words(rest)) (config.ExposedPorts ??= [])[port.Contains('/') ? port : port + "/tcp"] = default; break;
            case "VOLUME": foreach (var path in JsonList(rest) ?? Words(rest)) (config.Volumes ??= [])[path] = default; break;
            default: throw new RefusedException($"{keyword} is no valid change command. CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR are.");
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

    /// <summary>A list in JSON as it stands, anything else for the shell.</summary>
    private static List<string> Command(string text) => JsonList(text) ?? ["/bin/sh", "-c", text];

    private static List<string>? JsonList(string text)
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

    private static List<string> Words(string text) => [.. text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries)];

    // "NAME=VALUE NAME=VALUE" with quotes, or the old "NAME VALUE".
    private static IEnumerable<(string Name, string Value)> Pairs(string text, string line)
    {
        var words = QuotedWords(text);
        if (words.Count > 0 && !words[0].Contains('='))
        {
            var parts = text.Split(Blanks, 2, StringSplitOptions.TrimEntries);
            return parts is [var name, var value] ? [(name, value)] : throw new RefusedException($"\"{line}\": {text} needs a value, as in {text}=value.");
        }
        return words.Select(word => word.IndexOf('=') is > 0 and var at ? (word[..at], word[(at + 1)..]) : throw new RefusedException($"\"{line}\": \"{word}\" is not of the form NAME=VALUE."));
    }

    private static List<string> QuotedWords(string text)
    {
        var words = new List<string>();
        var word = new System.Text.StringBuilder();
        var quote = '\0';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && quote != '\'' && i + 1 < text.Length) word.Append(text[++i]);
            else if (quote != '\0' && c == quote) quote = '\0';
            else if (quote == '\0' && c is '"' or '\'') quote = c;
            else if (quote == '\0' && c is ' ' or '\t')
            {
                if (word.Length > 0) words.Add(word.ToString());
                word.Clear();
            }
            else word.Append(c);
        }
        if (word.Length > 0) words.Add(word.ToString());
        return words;
    }
}
