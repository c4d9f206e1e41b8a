using System.Globalization;
using System.Text;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>"--mount type=...,source=...,target=...". Pure, but for where we are.</summary>
public static class MountFlag
{
    private const int Refused = 125;
    private static readonly string[] Known =
        ["type", "source", "target", "readonly", "bind-propagation", "bind-nonrecursive", "volume-nocopy", "volume-driver", "volume-opt", "volume-label", "tmpfs-size", "tmpfs-mode", "consistency"];

    private static readonly string[] Propagations = ["private", "rprivate", "slave", "rslave", "shared", "rshared"];

    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static MountPoint Parse(string text)
    {
        var fields = Read(text, out var driverOptions, out var labels);
        var type = fields.GetValueOrDefault("type", "volume");
        if (!fields.TryGetValue("target", out var target) || target.Length == 0) throw Argument(text, "target is required");
        foreach (var kind in new[] { "volume", "bind", "tmpfs" })
            if (type != kind && fields.Keys.Any(key => key.StartsWith(kind + "-", StringComparison.Ordinal))) throw Argument(text, $"cannot mix '{kind}-*' options with mount type '{type}'");
        var mount = type switch
        {
            "bind" => Bind(text, fields),
            "volume" => Volume(text, fields, driverOptions),
            "tmpfs" => Tmpfs(text, fields),
            _ => throw Config(type, "mount type unknown"),
        };
        if (!target.StartsWith('/')) throw Config(type, $"invalid mount path: '{target}' mount path must be absolute");
        mount.Target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        if (mount.Target == "/") throw Config(type, "invalid specification: destination can't be '/'");
        mount.ReadOnly = fields.TryGetValue("readonly", out var readOnly) && IsTrue(text, "readonly", readOnly);
        mount.IsFromMountFlag = true;
        if (mount.Kind == MountKind.Volume && labels.Count > 0) mount.VolumeLabels = labels;
        return mount;
    }

    private static MountPoint Bind(string text, Dictionary<string, string> fields)
    {
        var source = fields.GetValueOrDefault("source", "");
        if (source.Length == 0) throw Config("bind", "field Source must not be empty");
        if (source == "." || source.StartsWith("./", StringComparison.Ordinal)) source = Path.GetFullPath(source); // as docker's client has it, and no other relative path
        if (!source.StartsWith('/')) throw Config("bind", $"invalid mount path: '{source}' mount path must be absolute");
        var propagation = fields.GetValueOrDefault("bind-propagation", "rprivate");
        if (!Propagations.Contains(propagation)) throw Config("bind", $"invalid propagation mode: {propagation}");
        return new MountPoint
        {
            Kind = MountKind.Bind,
            Target = "",
            Source = Path.TrimEndingDirectorySeparator(source),
            Propagation = propagation,
            NonRecursive = fields.TryGetValue("bind-nonrecursive", out var alone) && IsTrue(text, "bind-nonrecursive", alone),
        };
    }

    private static MountPoint Volume(string text, Dictionary<string, string> fields, SortedDictionary<string, string> driverOptions)
    {
        var name = fields.GetValueOrDefault("source", "");
        if (name.Length > 0 && VolumeStore.Refusal(name) is { } reason) throw new RefusedException($"create {name}: {reason}.");
        return new MountPoint
        {
            Kind = MountKind.Volume,
            Target = "",
            Volume = name.Length > 0 ? name : Identifier.New(),
            IsAnonymous = name.Length == 0,
            NoCopy = fields.TryGetValue("volume-nocopy", out var noCopy) && IsTrue(text, "volume-nocopy", noCopy),
            Driver = fields.GetValueOrDefault("volume-driver"),
            IsDriverAsked = fields.ContainsKey("volume-driver"),
            DriverOptions = driverOptions,
            Mode = fields.GetValueOrDefault("volume-driver", VolumeDriver.Local) == VolumeDriver.Local ? "z" : "",
        };
    }

    private static MountPoint Tmpfs(string text, Dictionary<string, string> fields)
    {
        if (fields.ContainsKey("source")) throw Config("tmpfs", "field Source must not be specified");
        var mount = new MountPoint { Kind = MountKind.Tmpfs, Target = "" };
        if (fields.TryGetValue("tmpfs-size", out var size))
            mount.Options.Add("size=" + (SizeText.Parse(size) ?? throw Argument(text, $"invalid value for tmpfs-size: {size}")).ToString(CultureInfo.InvariantCulture));
        if (fields.TryGetValue("tmpfs-mode", out var mode))
            mount.Options.Add("mode=" + (mode.All(c => c is >= '0' and <= '7') && mode.Length is > 0 and < 6 ? mode : throw Argument(text, $"invalid value for tmpfs-mode: {mode}")));
        return mount;
    }

    private static Dictionary<string, string> Read(string text, out SortedDictionary<string, string> driverOptions, out SortedDictionary<string, string> labels)
    {
        var fields = new Dictionary<string, string>();
        (driverOptions, labels) = ([], []);
        foreach (var field in Fields(text))
        {
            var at = field.IndexOf('=');
            var key = (at < 0 ? field : field[..at]).ToLowerInvariant() switch
            {
                "src" => "source",
                "dst" or "destination" => "target",
                "ro" => "readonly",
                var other => other,
            };
            if (at < 0 && key is not ("readonly" or "volume-nocopy" or "bind-nonrecursive")) throw Argument(text, $"invalid field '{field}' must be a key=value pair");
            if (!Known.Contains(key))
                throw Argument(text, $"unexpected key '{key}' in '{field}'");
            var value = at < 0 ? "true" : field[(at + 1)..];
            fields[key] = value;
            if (key == "volume-label") labels[value.Split('=')[0]] = value.IndexOf('=') is var sign and >= 0 ? value[(sign + 1)..] : "";
            if (key != "volume-opt") continue;
            if (value.Split('=', 2) is not [var name, var option]) throw Argument(text, $"invalid field '{field}' must be a key=value pair");
            driverOptions[name] = option;
        }
        return fields;
    }

    // Fields as of CSV: one in double quotes may hold commas, and a double quote doubled.
    private static IEnumerable<string> Fields(string text)
    {
        for (var start = 0; start <= text.Length;)
        {
            if (start == text.Length || text[start] != '"')
            {
                var comma = text.IndexOf(',', start) is var at and >= 0 ? at : text.Length;
                yield return text[start..comma];
                start = comma + 1;
                continue;
            }
            var field = new StringBuilder();
            var i = start + 1;
            for (; ; i++)
            {
                if (i == text.Length) throw Argument(text, "a quote is not closed");
                if (text[i] != '"') field.Append(text[i]);
                else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[++i]);
                else break;
            }
            if (i + 1 < text.Length && text[i + 1] != ',') throw Argument(text, "a quote ends within a field");
            yield return field.ToString();
            start = i + 2;
        }
    }

    private static bool IsTrue(string text, string key, string value) => value.ToLowerInvariant() switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw Argument(text, $"invalid value for {key}: {value}"),
    };

    private static RefusedException Argument(string text, string why) => new($"invalid argument \"{text}\" for \"--mount\" flag: {why}", Refused);

    private static RefusedException Config(string type, string why) => new($"invalid mount config for type \"{type}\": {why}.");
}
