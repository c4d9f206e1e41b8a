using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>"-e" of run and of exec.</summary>
public static class Variables
{
    /// <summary>NAME=VALUE sets one; NAME takes it from us. Where we have none the name stays alone, as docker keeps it: no program gets one.</summary>
    /// <exception cref="RefusedException">It has no name.</exception>
    public static void Set(ContainerConfig config, IEnumerable<string> variables)
    {
        foreach (var variable in variables)
        {
            var at = variable.IndexOf('=');
            var name = at < 0 ? variable : variable[..at];
            if (name.Length == 0) throw new RefusedException($"invalid argument \"{variable}\" for \"-e, --env\" flag: invalid environment variable: {variable}", 125);
            var value = at < 0 ? Environment.GetEnvironmentVariable(name) : variable[(at + 1)..];
            Replace(config.Env ??= [], value is null ? name : $"{name}={value}");
        }
    }

    /// <summary>Those that were asked for before the image's, as docker has them.</summary>
    public static List<string> InOrder(IEnumerable<string> all, IEnumerable<string> asked)
    {
        var names = asked.Select(Name).ToList();
        return [.. all.OrderBy(variable => names.IndexOf(Name(variable)) is var at and >= 0 ? at : int.MaxValue)];
    }

    /// <summary>Puts each of <paramref name="variables"/> in the place of one of its name, or behind all; a name alone takes one away.</summary>
    public static void Apply(List<string> environment, IEnumerable<string> variables)
    {
        foreach (var variable in variables)
        {
            if (variable.Contains('=')) Replace(environment, variable);
            else environment.RemoveAll(known => Name(known) == variable);
        }
    }

    private static void Replace(List<string> environment, string variable)
    {
        var at = environment.FindIndex(known => Name(known) == Name(variable));
        if (at < 0) environment.Add(variable);
        else environment[at] = variable;
    }

    private static string Name(string variable) => variable.Split('=')[0];
}
