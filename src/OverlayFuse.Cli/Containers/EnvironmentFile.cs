using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"--env-file FILE": NAME=VALUE a line, or NAME for ours; empty lines and those that begin with # are left out.</summary>
internal static class EnvironmentFile
{
    private const int Refused = 125;

    private static readonly char[] Blanks = [' ', '\t'];

    /// <exception cref="RefusedException">It cannot be read, or a line has no name.</exception>
    public static IEnumerable<string> Read(string path)
    {
        if (Directory.Exists(path)) throw new RefusedException($"cannot read the variables in {path}: {Errno.ISDIR.Describe()}.", Refused);
        try
        {
            return Parse(File.ReadAllLines(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException($"cannot read the variables in {path}: {FileErrors.Reason(e)}.", Refused);
        }
    }

    internal static List<string> Parse(IEnumerable<string> lines)
    {
        var variables = new List<string>();
        foreach (var line in lines.Select(line => line.TrimStart(Blanks)).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var at = line.IndexOf('=');
            var name = at < 0 ? line : line[..at];
            if (name.Length == 0) throw new RefusedException($"poorly formatted environment: no variable name on line '{line}'", Refused);
            if (name.AsSpan().ContainsAny(Blanks)) throw new RefusedException($"poorly formatted environment: variable '{name}' contains whitespaces", Refused);
            if (at >= 0) variables.Add(line);
            else if (Environment.GetEnvironmentVariable(name) is { } own) variables.Add($"{name}={own}");
        }
        return variables;
    }
}
