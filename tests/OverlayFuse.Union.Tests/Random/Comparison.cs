using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Carries a random case out on several unions at once, step by step: each call must give what it gives on the first, and then the whole
/// trees, descriptors included, must be the same; lower layers stay what they were.
/// </summary>
internal sealed class Comparison
{
    private readonly RandomCase _case;
    private readonly (string Name, IUnion Union)[] _engines;
    private readonly bool _isKernel;
    private readonly Dictionary<string, bool> _open = [];
    private readonly StringBuilder _row = new();
    private readonly string[] _lowers;
    private Script[] _scripts = [];
    private string[] _last = [];

    private Comparison(RandomCase example, (string Name, IUnion Union)[] engines)
    {
        (_case, _engines, _isKernel) = (example, engines, engines[0].Name == "kernel");
        foreach (var (_, union) in engines)
        {
            if (union is PlainDirectory) union.Make("union", example.Stack.Union);
            else foreach (var (layer, text) in example.Stack.Texts) union.Make(layer, text);
        }
        _lowers = [.. engines.Select(e => e.Union.Lowers())];
    }

    /// <returns>True; what differs is thrown, as the text of a case.</returns>
    public static bool Run(RandomCase example, params (string Name, IUnion Union)[] engines)
    {
        var comparison = new Comparison(example, engines);
        try
        {
            comparison.Run();
            return true;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{e.Message}\n\ncase    \n{example}{comparison._row}\n{(e is Difference ? "" : e.StackTrace)}", e);
        }
    }

    private void Run()
    {
        Mount();
        Same("before all");
        foreach (var drawn in _case.Actions)
        {
            var action = RandomCase.Resolve(drawn, [.. Paths(isDirectory: true)], [.. Paths(isDirectory: false)]);
            if (action == "mount again") MountAgain();
            else if (!IsKept(action)) continue;
            else Do(action);
            Same(action);
        }
        MountAgain();
        Same("after the next mount");
        MountAgain();
        foreach (var (name, union) in _engines)
            if (union.Leftovers() is { Length: > 0 } left) throw new Difference($"{name}: left in the work directory: {left}");
    }

    private void Mount()
    {
        foreach (var (_, union) in _engines) union.Mount();
        _scripts = [.. _engines.Select(e => new Script(e.Union.Actor))];
    }

    private void MountAgain()
    {
        _row.Append("do      mount again\n");
        _open.Clear();
        foreach (var (_, union) in _engines) union.Unmount();
        Mount();
    }

    private void Do(string action)
    {
        var results = new (Errno Error, string? Seen)[_scripts.Length];
        results[^1] = _scripts[^1].Give(action);
        if (results[^1].Error == Errno.XDEV && MovesDirectory(action))
        {
            // An upper without marks refuses it, and programs copy instead: nothing may have changed.
            _row.Append($"do      {action} ! XDEV\n");
            return;
        }
        for (var i = 0; i < results.Length - 1; i++) results[i] = _scripts[i].Give(action);
        var (error, seen) = results[0];
        _row.Append($"do      {action}{(error != Errno.None ? $" ! {error}" : seen is not null ? $" = {seen}" : "")}\n");
        for (var i = 1; i < results.Length; i++)
            if (results[i] != results[0]) throw new Difference($"{action}\n{_engines[0].Name}: {error} {seen}\n{_engines[i].Name}: {results[i].Error} {results[i].Seen}");
        if (error != Errno.None) return;
        switch (LayerText.Words(action))
        {
            case ["open", var name, var flags, ..]: _open[$"@{name}"] = flags[0] == 'r'; break;
            case ["close", var name]: _open.Remove($"@{name}"); break;
        }
    }

    private void Same(string when)
    {
        var expected = _last = Inventory.Of(_engines[0].Union.Actor, _open, _isKernel);
        for (var i = 1; i < _engines.Length; i++)
        {
            var (name, union) = _engines[i];
            var actual = Inventory.Of(union.Actor, _open, _isKernel);
            if (!expected.SequenceEqual(actual))
                throw new Difference($"{when}\n{_engines[0].Name}: {string.Join($"\n{_engines[0].Name}: ", expected.Except(actual))}\n{name}: {string.Join($"\n{name}: ", actual.Except(expected))}");
            if (union.Lowers() != _lowers[i]) throw new Difference($"{when}\n{name}: a lower layer was changed");
        }
    }

    private IEnumerable<string> Paths(bool isDirectory) => _last.Where(l => l[0] != '@' && l.Contains(" directory mode=", StringComparison.Ordinal) == isDirectory).Select(l => l.Split(' ')[0]);

    // Only what has lower members, and only where the upper cannot say where they are.
    private bool MovesDirectory(string action) =>
        _engines[^1].Union is TestUnion { Tree.Upper.Features.Marks: null } && LayerText.Words(action) is ["mv" or "mv-noreplace" or "swap", .. var paths] && paths.Any(path => Type(path) == FileType.Directory);

    // Of the actions drawn, those that mean something here.
    private bool IsKept(string action)
    {
        var words = LayerText.Words(action);
        if (words[0] == "open" && _open.ContainsKey($"@{words[1]}")) return false;
        if (words[0] == "close" && !_open.ContainsKey($"@{words[1]}")) return false;
        foreach (var target in words.Skip(1))
        {
            if (target[0] == '@' && !_open.ContainsKey(target)) return false;
            // What a fifo or a device does is not the union's affair.
            if (words[0] is "open" or "write" or "read" or "truncate" or "allocate" or "punch" or "copy" && target[0] is not ('"' or '@' or '=') && Type(target) is FileType.Fifo or FileType.Socket or FileType.CharDevice) return false;
            if (words[0] == "chmod" && target[0] != '@' && Type(target) == FileType.Symlink) return false; // there is no lchmod(2)
            // expected-differences.md: "kernel overlayfs with an index makes no copy of a lower file that lost its name".
            if (_isKernel && target[0] == '@' && words[0] is not ("read" or "list") && IsNameless(target)) return false;
        }
        return !_isKernel || !IsStrangeToTheKernel(words);
    }

    // expected-differences.md: "a directory whose lower names marked whiteouts hide can be removed". And a second name of an upper metacopy without
    // an origin, which the kernel itself does not make, has another inode number there.
    private bool IsStrangeToTheKernel(string[] words) =>
        (words[0] is "rmdir" or "mv" or "mv-noreplace" && Has("marked-whiteout") && Type(words[^1]) == FileType.Directory) || (words[0] == "link" && Has("metacopy("));

    private bool Has(string word) => _case.Stack.Texts.Any(layer => layer.Text.Contains(word, StringComparison.Ordinal));

    private FileType Type(string target) => _engines[0].Union.Actor.Stat(target, out var status) == Errno.None ? status.Type : FileType.None;

    // The kernel tells a link count that is not so: ours is asked.
    private bool IsNameless(string descriptor) => _engines[^1].Union.Actor.Stat(descriptor, out var status) == Errno.None && status.LinkCount == 0;

    private sealed class Difference(string text) : Exception(text);
}
