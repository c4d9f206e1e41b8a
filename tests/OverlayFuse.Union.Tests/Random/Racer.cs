using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// One of several threads or processes that change a mount at once. What it does to names of its own must give what a plain tree gives, listings
/// included; what it does to names that all dispute may fail as if another had been there first, and in no other way.
/// </summary>
internal sealed class Racer(int number, IReadOnlyList<string> actions, DirFd root) : IDisposable
{
    private static readonly string[] SharedDirectories = ["d", "d/s", "e"];
    private readonly SystemCalls _calls = new(root);
    private readonly OwnTree _own = new(SharedDirectories);

    /// <summary>The letter that begins all names of its own.</summary>
    private char Letter => LetterOf(number);

    /// <summary>What went otherwise than it may.</summary>
    public string? Failure { get; private set; }

    /// <summary>What there must be of its own at the end.</summary>
    public IEnumerable<string> Left => _own.Describe();

    /// <summary>Tells the items of a tree that are its own.</summary>
    public static bool Owns(int number, string item) => item.Split(' ')[0].Split('/').Any(name => name.StartsWith(LetterOf(number)));

    /// <summary>Carries all actions out; @ in an action stands for the letter.</summary>
    public void Run()
    {
        try
        {
            var script = new Script(_calls);
            // Names that a lower layer has had from the beginning.
            foreach (var (path, text) in Lower(Letter)) _ = text.Length > 0 ? _own.Do($"create {path} = \"{text}\"", out _) : _own.Do($"mkdir {path}", out _);
            foreach (var action in actions.TakeWhile(_ => Failure is null).Select(a => a.Replace('@', Letter)))
            {
                if (LayerText.Words(action) is ["list", var directory]) List(directory);
                else if (Owns(number, LayerText.Words(action)[1])) Own(script, action);
                else Dispute(script, action);
            }
        }
        catch (Exception e)
        {
            Failure = e.ToString();
        }
    }

    /// <summary>What a lower layer has of each racer: files and, without a text, directories.</summary>
    public static IEnumerable<(string Path, string Text)> Lower(char letter) =>
        [($"{letter}d", ""), ($"{letter}d/{letter}a", "deep"), ($"d/{letter}a", "lower"), ($"d/s/{letter}b", "b"), ($"e/{letter}d", ""), ($"e/{letter}d/{letter}b", "bb")];

    public static char LetterOf(int number) => (char)('P' + number);

    public void Dispose() => _calls.Dispose();

    private void Own(Script script, string action)
    {
        var succeeds = _own.Do(action, out var expected);
        var (error, seen) = script.Give(action);
        if (error == Errno.None != succeeds || (expected is not null && seen != expected)) Failure = $"{action}: {error} {seen}, not {(succeeds ? $"success {expected}" : "a failure")}";
    }

    private void Dispute(Script script, string action)
    {
        var (error, _) = script.Give(action);
        if (error is not (Errno.None or Errno.NOENT or Errno.EXIST or Errno.NOTEMPTY or Errno.ISDIR or Errno.NOTDIR or Errno.INVAL or Errno.PERM)) Failure = $"{action}: {error}";
    }

    private void List(string directory)
    {
        var path = directory.Trim('/');
        var error = _calls.List(path, out var listed);
        if (error is Errno.NOENT or Errno.NOTDIR && !_own.IsDirectory(path)) return;
        string[] names = [.. listed.Select(n => n.Text)];
        if (error != Errno.None) Failure = $"list {path}: {error}";
        else if (names.Distinct().Count() != names.Length) Failure = $"list {path}: a name comes twice in {string.Join(' ', names)}";
        else if (_own.IsDirectory(path) && string.Join(' ', names.Where(name => Owns(number, name)).Order(StringComparer.Ordinal)) is var mine && mine != string.Join(' ', _own.In(path)))
            Failure = $"list {path}: {mine}, not {string.Join(' ', _own.In(path))}";
    }
}
