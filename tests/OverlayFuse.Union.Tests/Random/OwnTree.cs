using System.Text;

namespace OverlayFuse.Union.Tests;

/// <summary>A plain tree in memory: what the names are that one of several threads alone makes, moves and removes, whatever the others do.</summary>
/// <param name="shared">Directories that stay where they are.</param>
internal sealed class OwnTree(params string[] shared)
{
    // A directory is null; names of one file share its text.
    private readonly SortedDictionary<string, StringBuilder?> _names = new(StringComparer.Ordinal);

    public IEnumerable<string> Describe() =>
        _names.Where(n => n.Value is not null || IsEmpty(n.Key)).Select(n => n.Value is null ? $"{n.Key}/" : $"{n.Key} = {LayerText.Show(LayerText.Bytes(n.Value.ToString()))}");

    /// <summary>The names that are in a directory, in order.</summary>
    public IEnumerable<string> In(string directory) =>
        _names.Keys.Where(k => (k.LastIndexOf('/') is var slash and >= 0 ? k[..slash] : "") == directory).Select(k => k[(k.LastIndexOf('/') + 1)..]);

    public bool IsDirectory(string path) => path.Length == 0 || shared.Contains(path) || (_names.TryGetValue(path, out var text) && text is null);

    /// <summary>Carries out an action of a case; whether it is to succeed, and what it is to give.</summary>
    public bool Do(string action, out string? seen)
    {
        seen = null;
        switch (LayerText.Words(action))
        {
            case ["create", var path, "=", var text]: return Make(path, new StringBuilder(text[1..^1]));
            case ["mkdir", var path]: return Make(path, null);
            case ["write", var path, var text]: return Write(path, text[1..^1]);
            case ["truncate", var path, var size]:
                if (TextOf(path) is { } cut) cut.Length = int.Parse(size, null);
                return TextOf(path) is not null;
            case ["read", var path]:
                if (TextOf(path) is { } read) seen = LayerText.Show(LayerText.Bytes(read.ToString()));
                return seen is not null;
            case ["chmod", var path, _]: return _names.ContainsKey(path);
            case ["rm", var path]: return TextOf(path) is not null && _names.Remove(path);
            case ["rmdir", var path]: return _names.ContainsKey(path) && IsDirectory(path) && IsEmpty(path) && _names.Remove(path);
            case ["link", var path, var other]: return TextOf(path) is { } linked && Make(other, linked);
            case ["mv", var path, var other]: return Move(path, other);
            case ["mv-noreplace", var path, var other]: return !_names.ContainsKey(other) && Move(path, other);
            case ["swap", var path, var other]: return Swap(path, other);
            default: throw new FormatException(action);
        }
    }

    private StringBuilder? TextOf(string path) => _names.GetValueOrDefault(path);

    private bool IsEmpty(string path) => !_names.Keys.Any(k => LayerItem.IsBelow(k, path));

    private bool HasParent(string path) => IsDirectory(path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : "");

    private bool Make(string path, StringBuilder? what) => HasParent(path) && _names.TryAdd(path, what);

    private bool Write(string path, string text)
    {
        if (TextOf(path) is not { } to) return false;
        to.Remove(0, Math.Min(text.Length, to.Length)).Insert(0, text);
        return true;
    }

    private bool Move(string path, string other)
    {
        if (!_names.TryGetValue(path, out var what) || !HasParent(other) || LayerItem.IsBelow(other, path)) return false;
        if (path == other) return true;
        if (_names.TryGetValue(other, out var there))
        {
            if (what is not null && what == there) return true; // names of one file
            if (what is null != there is null || (there is null && !IsEmpty(other))) return false;
            _names.Remove(other);
        }
        foreach (var name in Within(path))
        {
            _names[other + name[path.Length..]] = _names[name];
            _names.Remove(name);
        }
        return true;
    }

    private bool Swap(string path, string other)
    {
        if (!_names.ContainsKey(path) || !_names.ContainsKey(other) || LayerItem.IsBelow(other, path) || LayerItem.IsBelow(path, other)) return false;
        if (path == other) return true;
        var moved = Within(path).Concat(Within(other)).Select(n => (Name: n, What: _names[n])).ToList();
        foreach (var (name, _) in moved) _names.Remove(name);
        foreach (var (name, what) in moved) _names[name == path || LayerItem.IsBelow(name, path) ? other + name[path.Length..] : path + name[other.Length..]] = what;
        return true;
    }

    private List<string> Within(string path) => [.. _names.Keys.Where(k => k == path || LayerItem.IsBelow(k, path))];
}
