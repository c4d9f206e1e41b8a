namespace OverlayFuse.Union.Tests;

/// <summary>One example of what a union does, read from a text under Cases/: layers, actions, and what is then to be seen.</summary>
/// <remarks>Cases/README.md has the language.</remarks>
internal sealed class Case
{
    private const string Because = "  because  ";
    private readonly List<Line> _lines = [];
    private readonly bool _isForeign;

    private Case(string file, string title) => (File, Title) = (file, title);

    private Case(Case other, string name, string value)
        : this(other.File, $"{other.Title}, {value}")
    {
        _isForeign = value is "oci-whiteout" or "oci-opaque" or "opaque=fuse";
        foreach (var line in other._lines.Where(l => l.Key != "each"))
        {
            var copy = new Line(line.Key, line.Text.Replace(name, value, StringComparison.Ordinal));
            foreach (var (engine, seen) in line.Others) copy.Others[engine] = seen;
            _lines.Add(copy);
        }
    }

    /// <summary>Files of cases, in the order in which they are read best.</summary>
    public static IReadOnlyList<string> Files { get; } =
        ["lookup.txt", "remove.txt", "create.txt", "rename.txt", "rename-matrix.txt", "copyup.txt", "fidelity.txt", "open.txt", "marks.txt", "owners.txt", "overrides.txt", "data-only.txt", "rivals.txt", "settle.txt"];

    public string File { get; }

    public string Title { get; }

    /// <summary>It has marks that kernel overlayfs does not read, in layers.</summary>
    public bool IsForeign => _isForeign || Layers.Any(l => l.Text.StartsWith("./", StringComparison.Ordinal) && l.Text.Contains("override_stat", StringComparison.Ordinal));

    /// <summary>What an engine must have to run it: "marks" in the upper, a "mount", the rights of "root"; the kernel its "index".</summary>
    public bool Needs(string what) => _lines.Exists(l => l.Key == "needs" && l.Text.Split(' ').Contains(what));

    public bool Changes => _lines.Exists(l => l.Key == "do");

    public IEnumerable<Line> Layers => Before(true).Where(l => l.Key == "upper" || IsLower(l) || IsDataOnly(l));

    public int LowerCount => Layers.Where(IsLower).Max(l => l.Key[5] - '0');

    /// <summary>Data-only layers.</summary>
    public int DataCount => Layers.Where(IsDataOnly).Select(l => l.Key[4] - '0').DefaultIfEmpty().Max();

    /// <summary>What the union is mounted with besides its layers; kernel overlayfs knows none of it.</summary>
    public string Options => _lines.Find(l => l.Key == "with")?.Text ?? "";

    /// <summary>Actions and what is expected between and after them.</summary>
    public IEnumerable<Line> Steps => Before(false);

    /// <summary>Whether it says what objects of the upper are by themselves.</summary>
    public bool LooksAtStored => _lines.Exists(l => l.Key == "stored");

    /// <summary>Whether it says what becomes of the upper when that is settled, which takes a union without a mount.</summary>
    public bool Settles => _lines.Exists(l => l.Key == "settle");

    /// <summary>Makes the layers; the upper may be left empty, whatever the case says.</summary>
    public void MakeLayers(IUnion union, bool withUpper = true)
    {
        foreach (var layer in _lines.Where(l => l.Key == "apart").SelectMany(l => l.Text.Split(' '))) union.PutApart(layer);
        foreach (var layer in Layers.Where(l => withUpper || l.Key != "upper")) union.Make(layer.Key, layer.Text);
    }

    /// <summary>Carries the actions out on an open union; what went otherwise than written.</summary>
    public List<string> Play(TestUnion union)
    {
        var script = new Script(union.Actor);
        var failures = new List<string>();
        foreach (var step in Steps.Where(l => l.Key == "do"))
        {
            if (step.Text == "mount again")
            {
                union.Close();
                union.Open();
                script = script.On(union.Actor);
                continue;
            }
            failures.AddRange(LayerText.Items(step.For("model")).Select(script.Do).OfType<string>());
        }
        return failures;
    }

    /// <summary>Where another engine gives something else, why, and what.</summary>
    public IEnumerable<Difference> Differences => _lines.SelectMany(l => l.Others.Select(o => new Difference($"{File}: {Title}", o.Key, $"{l.Key} {l.Text}", $"{l.Key} {o.Value.Seen}", o.Value.Reason)));

    /// <summary>The cases of a file; one that says <c>each NAME VALUE...</c> comes once for each value.</summary>
    public static IEnumerable<Case> ReadAll(string file) => ReadRows(file).SelectMany(row =>
        row._lines.Find(l => l.Key == "each")?.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name, .. var values] ? values.Select(value => new Case(row, name, value)) : [row]);

    private static IEnumerable<Case> ReadRows(string file)
    {
        using var reader = new StreamReader(Path.Combine(AppContext.BaseDirectory, "Whole", "Cases", file));
        Case? current = null;
        foreach (var (word, rest) in Lines(reader))
        {
            if (word == "case")
            {
                if (current is not null) yield return current;
                current = new Case(file, rest);
            }
            else if (word == "differs") current!._lines[^1].Differs(rest);
            else current!._lines.Add(new Line(word, rest));
        }
        if (current is not null) yield return current;
    }

    private static IEnumerable<(string Word, string Text)> Lines(TextReader reader)
    {
        string? whole = null;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            if (line[0] == ' ')
            {
                whole += $"  {line.Trim()}";
                continue;
            }
            if (whole is not null) yield return Split(whole);
            whole = line;
        }
        if (whole is not null) yield return Split(whole);
    }

    private static (string, string) Split(string line) => line.IndexOf(' ') is var end and >= 0 ? (line[..end], line[end..].Trim()) : (line, "");

    private static bool IsLower(Line line) => line.Key.StartsWith("lower", StringComparison.Ordinal);

    private static bool IsDataOnly(Line line) => line.Key.StartsWith("data", StringComparison.Ordinal);

    private IEnumerable<Line> Before(bool first)
    {
        var start = _lines.FindIndex(l => l.Key is "do" or "union" or "settle");
        return first ? _lines.Take(start) : _lines.Skip(start);
    }

    /// <summary>One line of a case, and how it reads for an engine that differs.</summary>
    internal sealed record Line(string Key, string Text)
    {
        public Dictionary<string, (string Seen, string Reason)> Others { get; } = [];

        public string For(string engine) => Others.TryGetValue(engine, out var other) ? other.Seen : Text;

        public void Differs(string text)
        {
            var (engine, rest) = Split(text);
            var because = $"  {rest}".IndexOf(Because, StringComparison.Ordinal);
            if (because < 0 || rest.Length - because < 3) throw new FormatException($"a difference without its reason: {text}");
            Others.Add(engine, ($"  {rest}"[..because].Trim(), $"  {rest}"[(because + Because.Length)..]));
        }
    }
}
