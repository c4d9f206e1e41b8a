namespace OverlayFuse.Image;

/// <summary>A .dockerignore file: the last pattern that fits a path, or a directory above it, decides. Pure.</summary>
public sealed class IgnoreRules
{
    private readonly List<(PathPattern Pattern, bool IsException)> _rules = [];

    public IgnoreRules(string text)
    {
        foreach (var line in text.TrimStart('\uFEFF').Split('\n').Select(line => line.Trim()))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            var isException = line[0] == '!';
            var pattern = new PathPattern((isException ? line[1..] : line).Trim());
            if (pattern.Names.Count > 0) _rules.Add((pattern, isException));
        }
    }

    /// <summary>What is left out may hold what is not.</summary>
    public bool HasExceptions => _rules.Exists(rule => rule.IsException);

    /// <param name="path">From the root of the context.</param>
    public bool Excludes(string path)
    {
        var names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var isExcluded = false;
        foreach (var (pattern, isException) in _rules)
        {
            for (var depth = 1; depth <= names.Length && isException == isExcluded; depth++)
            {
                if (pattern.Matches(names.AsSpan(0, depth))) isExcluded = !isException;
            }
        }
        return isExcluded;
    }
}
