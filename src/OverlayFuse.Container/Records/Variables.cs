using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>"-e" of run and of exec.</summary>
public static class Variables
{
    /// <summary>NAME=VALUE sets one; NAME takes it from us, and takes it away where we have none.</summary>
    /// <exception cref="RefusedException">It has no name.</exception>
    public static void Set(ContainerConfig config, IEnumerable<string> variables)
    {
        foreach (var variable in variables)
        {
            var at = variable.IndexOf('=');
            var name = at < 0 ? variable : variable[..at];
            if (name.Length == 0) throw new RefusedException($"invalid argument \"{variable}\" for \"-e, --env\" flag: invalid environment variable: {variable}", 125);
            var value = at < 0 ? Environment.GetEnvironmentVariable(name) : variable[(at + 1)..];
            if (value is not null) ConfigChange.SetEnvironment(config, name, value);
            else config.Env?.RemoveAll(known => known.StartsWith(name + "=", StringComparison.Ordinal));
        }
    }

    /// <summary>Those that were asked for before the image's, as docker has them.</summary>
    public static List<string> InOrder(IEnumerable<string> all, IEnumerable<string> asked)
    {
        var names = asked.Select(Name).ToList();
        return [.. all.OrderBy(variable => names.IndexOf(Name(variable)) is var at and >= 0 ? at : int.MaxValue)];
    }

    private static string Name(string variable) => variable.Split('=')[0];
}
