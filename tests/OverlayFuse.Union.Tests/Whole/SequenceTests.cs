using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Random sequences of changes, in the union and in a model that is a plain tree, with the kernel forgetting and mounts in between.</summary>
internal class SequenceTests
{
    private const int Length = 60;

    private static readonly string[] Paths =
        [.. from d in new[] { "", "d/", "d/s/", "e/", "d/s/t/" } from n in new[] { "a", "b", "d", "s", "t", "x" } select d + n];

    private static readonly string[] Layers =
    [
        "d/a = \"1a\"  d/s/b = \"1b\"  b = \"top\"  e/x whiteout  e/a is b",
        "d/ redirect=\"/old\"  d/b = \"2b\"  e/x = \"2x\"  old whiteout",
        "old/s/t/a = \"3a\"  old/s/b = \"hidden\"  old/x = \"3x\"  e/x = \"hidden\"  e/b = \"3b\"  e/s is e/b",
    ];

    [Test]
    public void Any_sequence_of_changes_is_what_a_plain_tree_would_be([Range(1, 24)] int seed)
    {
        var forms = (TestUnion.Form[])[TestUnion.Form.OfThisUser, TestUnion.Form.OrdinaryUser, TestUnion.Form.WithoutRenameFlags, TestUnion.Form.MarkedWhiteouts];
        var form = forms[seed % forms.Length];
        if (form.IsOrdinaryUser) OrdinaryUser.Run(() => Run(seed, form));
        else Run(seed, form);
    }

    private static void Run(int seed, TestUnion.Form form)
    {
        var random = new Random(seed);
        using var union = new TestUnion(Layers.Length, form);
        for (var i = 0; i < Layers.Length; i++) union.With($"lower{i + 1}", Layers[i]);
        union.Open(keeps: seed % 3 > 0);
        var model = new Model();
        var done = new List<string>();
        Same(union, model, done);
        for (var i = 0; i < Length; i++)
        {
            var (action, expected) = model.Next(random, i);
            done.Add(action);
            var wrong = new Script(union.Kernel).Do(action);
            Assert.That(wrong is null, Is.EqualTo(expected), $"{wrong}\n{string.Join("  ", done)}");
            if (i % 4 == 0) Same(union, model, done);
            if (i % 7 == 6) union.Kernel.ForgetAll();
            if (i % 20 != 19) continue;
            union.Kernel.ForgetAll();
            Assert.That(union.Leftovers(), Is.Empty, string.Join("  ", done));
            union.Close();
            union.Open(keeps: random.Next(3) > 0);
            done.Add("(mounted again)");
            Same(union, model, done);
        }
        Assert.That(union.Lowers(), Is.EqualTo(union.LowersBefore));
    }

    private static void Same(TestUnion union, Model model, List<string> done) =>
        Assert.That(string.Join("  ", LayerText.Describe(union.Kernel)), Is.EqualTo(string.Join("  ", model.Describe())), string.Join("  ", done));

    /// <summary>Names and what they lead to; a directory is null, names of one file share its text.</summary>
    private sealed class Model
    {
        private readonly SortedDictionary<string, StringBuilder?> _names = new(StringComparer.Ordinal);

        public Model()
        {
            var (top, three) = (new StringBuilder("top"), new StringBuilder("3b"));
            foreach (var directory in (string[])["d", "d/s", "d/s/t", "e"]) _names[directory] = null;
            foreach (var (path, text) in ((string, StringBuilder)[])[("d/a", new("1a")), ("d/b", new("2b")), ("d/x", new("3x")), ("d/s/b", new("1b")), ("d/s/t/a", new("3a")), ("b", top), ("e/a", top), ("e/b", three), ("e/s", three)])
                _names[path] = text;
        }

        public string[] Describe() =>
            [.. _names.Where(n => n.Value is not null || IsEmpty(n.Key)).Select(n => n.Value is null ? $"{n.Key}/" : $"{n.Key} = \"{n.Value}\"").Order(StringComparer.Ordinal)];

        /// <summary>An action, carried out here, and whether it is to succeed.</summary>
        public (string Action, bool Succeeds) Next(Random random, int number)
        {
            while (true)
            {
                var path = Paths[random.Next(Paths.Length)];
                var other = Paths[random.Next(Paths.Length)];
                switch (random.Next(10))
                {
                    case 0: return ($"create {path} \"n{number}\"", Make(path, new StringBuilder($"n{number}")));
                    case 1: return ($"mkdir {path}", Make(path, null));
                    case 2: return ($"write {path} \"w{number % 10}\"", Write(path, $"w{number % 10}"));
                    case 3: return ($"chmod {path} 700", _names.ContainsKey(path));
                    case 4: return ($"rm {path}", TextOf(path) is not null && _names.Remove(path));
                    case 5: return ($"rmdir {path}", IsDirectory(path) && IsEmpty(path) && _names.Remove(path));
                    case 6 when !IsWithin(other, path): return ($"mv {path} {other}", Move(path, other));
                    case 7 when !IsWithin(other, path) && !IsWithin(path, other): return ($"swap {path} {other}", Swap(path, other));
                    case 8: return ($"link {path} {other}", TextOf(path) is { } text && Make(other, text));
                    case 9: return ($"truncate {path} 1", Truncate(path));
                }
            }
        }

        private StringBuilder? TextOf(string path) => _names.GetValueOrDefault(path);

        private bool IsDirectory(string path) => path.Length == 0 || (_names.TryGetValue(path, out var text) && text is null);

        private bool IsEmpty(string path) => !_names.Keys.Any(k => IsWithin(k, path) && k != path);

        private static bool IsWithin(string path, string top) => path == top || path.StartsWith($"{top}/", StringComparison.Ordinal);

        private bool HasParent(string path) => IsDirectory(path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : "");

        private bool Make(string path, StringBuilder? what) => HasParent(path) && _names.TryAdd(path, what);

        private bool Write(string path, string text)
        {
            if (TextOf(path) is not { } to) return false;
            to.Remove(0, Math.Min(text.Length, to.Length)).Insert(0, text);
            return true;
        }

        private bool Truncate(string path)
        {
            if (TextOf(path) is not { } text) return false;
            text.Length = Math.Min(text.Length, 1);
            return true;
        }

        private bool Move(string path, string other)
        {
            if (!_names.TryGetValue(path, out var what) || !HasParent(other)) return false;
            if (_names.TryGetValue(other, out var there))
            {
                if (what is not null && what == there) return true; // names of one file
                if (what is null != there is null || (there is null && !IsEmpty(other))) return false;
                _names.Remove(other);
            }
            foreach (var name in _names.Keys.Where(k => IsWithin(k, path)).ToList())
            {
                _names[other + name[path.Length..]] = _names[name];
                _names.Remove(name);
            }
            return true;
        }

        private bool Swap(string path, string other)
        {
            if (!_names.ContainsKey(path) || !_names.ContainsKey(other)) return false;
            var moved = _names.Where(n => IsWithin(n.Key, path) || IsWithin(n.Key, other)).ToList();
            foreach (var (name, _) in moved) _names.Remove(name);
            foreach (var (name, what) in moved) _names[IsWithin(name, path) ? other + name[path.Length..] : path + name[other.Length..]] = what;
            return true;
        }
    }
}
