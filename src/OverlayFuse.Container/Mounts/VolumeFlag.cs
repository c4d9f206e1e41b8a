using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>"-v [SOURCE:]TARGET[:MODES]". Pure. A source that is a path is a bind, one that is a name a volume.</summary>
public static class VolumeFlag
{
    private static readonly string[] Propagations = ["private", "rprivate", "slave", "rslave", "shared", "rshared"];

    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static MountPoint Parse(string text)
    {
        var parts = text.Split(':');
        return parts switch
        {
            [var target] => Volume(text, null, target, ""),
            [var source, var target] when IsPath(source) => Bind(text, source, target, ""),
            [var source, var target, var modes] when IsPath(source) => Bind(text, source, target, modes),
            [var source, var target] => Volume(text, source, target, ""),
            [var source, var target, var modes] => Volume(text, source, target, modes),
            _ => throw Invalid(text, "too many colons"),
        };
    }

    /// <summary>A path that an image wants a volume at: all of it is a path, whatever is in it, and nothing of the host is named.</summary>
    /// <exception cref="RefusedException">It is not absolute, or the root.</exception>
    public static MountPoint Anonymous(string path) =>
        path.Contains('\0') ? throw new RefusedException("the image has a volume at a path with a NUL in it.") : Volume(path, null, path, "");

    private static MountPoint Bind(string text, string source, string target, string modes)
    {
        var propagation = "rprivate";
        var isReadOnly = false;
        foreach (var mode in Modes(modes))
        {
            if (Propagations.Contains(mode)) propagation = mode;
            else if (mode is "ro") isReadOnly = true;
            else if (mode is not ("rw" or "z" or "Z" or "delegated" or "cached" or "consistent")) throw InvalidMode(modes);
        }
        return new MountPoint
        {
            Kind = MountKind.Bind,
            Source = Path.TrimEndingDirectorySeparator(source),
            Target = Target(text, "bind", target),
            ReadOnly = isReadOnly,
            Propagation = propagation,
            Mode = modes,
        };
    }

    private static MountPoint Volume(string text, string? name, string target, string modes)
    {
        var path = Target(text, "volume", target); // first, as docker has it
        if (name is not null && VolumeStore.Refusal(name) is { } reason) throw new RefusedException($"create {name}: {reason}.");
        bool isReadOnly = false, noCopy = false;
        foreach (var mode in Modes(modes))
        {
            if (mode is "ro") isReadOnly = true;
            else if (mode is "nocopy") noCopy = true;
            else if (mode is not ("rw" or "z" or "Z")) throw InvalidMode(modes);
        }
        return new MountPoint
        {
            Kind = MountKind.Volume,
            Volume = name ?? Identifier.New(),
            IsAnonymous = name is null,
            Target = path,
            ReadOnly = isReadOnly,
            NoCopy = noCopy,
            Mode = modes.Length > 0 || name is null ? modes : "z",
        };
    }

    private static bool IsPath(string source) => source.StartsWith('/');

    // One of each kind at most, as docker has it.
    private static string[] Modes(string modes)
    {
        var all = modes.Split(',', StringSplitOptions.RemoveEmptyEntries);
        return all.GroupBy(Kind).All(kind => kind.Count() == 1) ? all : throw InvalidMode(modes);
    }

    private static string Kind(string mode) => mode switch
    {
        "ro" or "rw" => "access",
        "z" or "Z" => "label",
        "delegated" or "cached" or "consistent" => "consistency",
        _ => Propagations.Contains(mode) ? "propagation" : mode,
    };

    private static string Target(string text, string kind, string target)
    {
        if (!target.StartsWith('/')) throw Invalid(text, $"invalid mount config for type \"{kind}\": invalid mount path: '{target}' mount path must be absolute");
        var clean = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        return clean != "/" ? clean : throw Invalid(text, $"invalid mount config for type \"{kind}\": invalid specification: destination can't be '/'");
    }

    private static RefusedException InvalidMode(string modes) => new($"invalid mode: {modes}.");

    private static RefusedException Invalid(string text, string why) => new($"invalid volume specification: '{text}': {why}.");
}
