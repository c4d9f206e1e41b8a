using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"--env-file FILE": a variable a line; empty lines and those that begin with # are left out.</summary>
internal static class EnvironmentFile
{
    /// <exception cref="RefusedException">It cannot be read.</exception>
    public static IEnumerable<string> Read(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException($"cannot read the variables in {path}: is there such a file, and may you read it?", 125);
        }
        return lines.Select(line => line.TrimStart()).Where(line => line.Length > 0 && line[0] != '#');
    }
}
