namespace OverlayFuse.Image;

/// <summary>A pattern of .dockerignore or of COPY: * and ? within a name, [a-z], and ** for any number of names. Pure.</summary>
/// <remarks>Go's filepath.Match, and moby/patternmatcher for **.</remarks>
public sealed class PathPattern
{
    private readonly string[] _names;

    public PathPattern(string text) => _names = [.. text.Split('/').Where(name => name is not ("" or "."))];

    public IReadOnlyList<string> Names => _names;

    /// <summary>Whether a word has to be looked for, and is no name as it stands.</summary>
    public static bool HasWildcard(string text) => text.AsSpan().ContainsAny('*', '?', '[');

    public bool Matches(ReadOnlySpan<string> path) => Matches(_names, path);

    /// <summary>One name without slashes.</summary>
    public static bool MatchesName(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        while (!pattern.IsEmpty)
        {
            switch (pattern[0])
            {
                case '*':
                    pattern = pattern.TrimStart('*');
                    for (var i = 0; i <= name.Length; i++) if (MatchesName(pattern, name[i..])) return true;
                    return false;
                case '?' when !name.IsEmpty: break;
                case '[':
                    var end = pattern.IndexOf(']');
                    if (end < 0 || name.IsEmpty || !InClass(pattern[1..end], name[0])) return false;
                    pattern = pattern[end..];
                    break;
                case '\\' when pattern.Length > 1:
                    pattern = pattern[1..];
                    if (name.IsEmpty || name[0] != pattern[0]) return false;
                    break;
                case var c:
                    if (name.IsEmpty || name[0] != c) return false;
                    break;
            }
            pattern = pattern[1..];
            name = name[1..];
        }
        return name.IsEmpty;
    }

    private static bool Matches(ReadOnlySpan<string> pattern, ReadOnlySpan<string> path)
    {
        if (pattern.IsEmpty) return path.IsEmpty;
        if (pattern[0] == "**")
        {
            for (var i = 0; i <= path.Length; i++) if (Matches(pattern[1..], path[i..])) return true;
            return false;
        }
        return !path.IsEmpty && MatchesName(pattern[0], path[0]) && Matches(pattern[1..], path[1..]);
    }

    private static bool InClass(ReadOnlySpan<char> letters, char c)
    {
        var isNegated = letters is ['^', ..];
        if (isNegated) letters = letters[1..];
        for (var i = 0; i < letters.Length; i++)
        {
            var isRange = i + 2 < letters.Length && letters[i + 1] == '-';
            if (isRange ? c >= letters[i] && c <= letters[i + 2] : c == letters[i]) return !isNegated;
            if (isRange) i += 2;
        }
        return isNegated;
    }
}
