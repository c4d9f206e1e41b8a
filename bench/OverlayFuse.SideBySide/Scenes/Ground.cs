using System.Text;

namespace OverlayFuse.SideBySide;

/// <summary>The layers that all engines are mounted on, beneath the current directory. Each is made when a scene needs it.</summary>
internal sealed class Ground
{
    public const string Empty = "empty"; // made together with the archive
    public const string Tree = "tree"; // a, b, c, d: a quarter each
    public const string Flat = "flat"; // one directory
    public const string Repository = "repository";
    public const string Sources = "sources";
    public const int Hits = 1_000;
    public const int FlatFiles = 1_000;

    private const string Parts = "abcd";
    private const string Deepest = "deepest";
    private const int FilesOfDirectory = 100;
    private const int SpreadLayers = 10;
    private const long Reserve = 2L << 30;

    private readonly Scale _scale;
    private readonly User? _owner;
    private readonly HashSet<string> _made = [];

    /// <param name="owner">Whose the layers are; null: root's.</param>
    /// <param name="maxSize">Files beyond this size are left out, as are those that do not fit on the disk.</param>
    public Ground(string home, Scale scale, User? owner, long maxSize)
    {
        (Home, _scale, _owner) = (home, scale, owner);
        var free = new DriveInfo(home).AvailableFreeSpace;
        Sizes = [.. scale.Sizes.Where(size => size <= maxSize && 3 * size + Reserve < free)];
    }

    public string Home { get; }

    public long[] Sizes { get; }

    public string[] Spread { get; } = [.. Enumerable.Range(0, SpreadLayers).Select(n => $"spread{n}")];

    /// <summary>An archive of a part of the tree.</summary>
    public string Archive => $"{Home}/part.tar";

    /// <summary>Files and directories of the tree.</summary>
    public int TreeEntries => _scale.TreeFiles + _scale.TreeFiles / FilesOfDirectory + Parts.Length;

    public static string SizeLayer(long size) => $"size-{size}";

    public IReadOnlyList<string> Depth(int layers) => [.. Enumerable.Range(1, layers - 1).Select(n => $"e{n}"), Deepest];

    public void Make(IEnumerable<string> layers)
    {
        foreach (var layer in layers.Where(_made.Add))
        {
            Directory.CreateDirectory(layer);
            Fill(layer);
            if (_owner is not null) Programs.Run("chown", "-R", $"{_owner.Uid}:{_owner.Gid}", layer);
        }
    }

    private void Fill(string layer)
    {
        switch (layer)
        {
            case Tree: FillTree(); break;
            case Flat: FillDirectory($"{layer}/d", 'f', 0, FlatFiles); break;
            case Repository: FillRepository(); break;
            case Sources: FillSources(); break;
            case Deepest: FillDirectory($"{layer}/d", 'h', 0, Hits); break;
            case Empty: MakeArchive(); break;
            case ['s', 'p', ..]:
                var part = _scale.Entries / SpreadLayers;
                FillDirectory($"{layer}/s", 'f', int.Parse(layer[6..]) * part, part);
                break;
            case ['s', 'i', ..]: FillSize(layer, long.Parse(layer[5..])); break;
            case ['e', ..]: FillDirectory($"{layer}/d", 'x', int.Parse(layer[1..]) * 10, 10); break;
            default: throw new BenchmarkException($"no layer {layer}");
        }
    }

    private void FillTree()
    {
        foreach (var part in Parts)
        {
            for (var directory = 0; directory < _scale.PartFiles / FilesOfDirectory; directory++) FillDirectory($"{Tree}/{part}/d{directory}", 'f', 0, FilesOfDirectory);
        }
    }

    private void MakeArchive()
    {
        Make([Tree]);
        Programs.Run("tar", "-C", $"{Tree}/a", "-cf", Archive, ".");
    }

    private static void FillDirectory(string path, char letter, int first, int count)
    {
        Directory.CreateDirectory(path);
        for (var n = first; n < first + count; n++) File.WriteAllText($"{path}/{Name.Text(letter, n)}", new string('x', 100 + n * 37 % 1900));
    }

    private static void FillSize(string layer, long size)
    {
        var bytes = new byte[Math.Min(size, 1 << 20)];
        new Random(1).NextBytes(bytes);
        for (var n = 0; n < Scale.FilesOf(size); n++)
        {
            using var file = File.Create($"{layer}/{Name.Text('f', n)}");
            for (var at = 0L; at < size; at += bytes.Length) file.Write(bytes);
        }
    }

    // Two branches that differ in every fifth file. The index compares sizes and times only: inode numbers are other ones in a union.
    private void FillRepository()
    {
        for (var directory = 0; directory < _scale.RepositoryFiles / 30; directory++) FillDirectory($"{Repository}/d{directory}", 'f', 0, 30);
        Git("init", "-q", "-b", "first", ".");
        foreach (var (name, value) in ((string, string)[])[("core.checkStat", "minimal"), ("core.trustctime", "false"), ("user.name", "bench"), ("user.email", "bench@localhost"), ("gc.auto", "0")])
            Git("config", name, value);
        Git("add", "-A");
        Git("commit", "-q", "-m", "first");
        Git("checkout", "-q", "-b", "second");
        foreach (var path in Directory.EnumerateFiles(Repository, "f*5", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(Repository, "f*0", SearchOption.AllDirectories)))
            File.AppendAllText(path, "second");
        Git("commit", "-q", "-a", "-m", "second");
        Git("checkout", "-q", "first");
        // Files as old as their index are read again by every status.
        foreach (var path in Directory.EnumerateFiles(Repository, "f*", SearchOption.AllDirectories).Where(path => !path.Contains("/.git/")))
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch.AddDays(20_000));
        Git("status");
    }

    private static void Git(params string[] words) => Programs.Run(["git", "-c", "safe.directory=*", "-C", Repository, .. words]);

    private void FillSources()
    {
        var names = Enumerable.Range(0, _scale.Sources).Select(n => $"s{n}").ToArray();
        foreach (var name in names)
        {
            var text = new StringBuilder("#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <sys/stat.h>\n");
            for (var n = 0; n < 60; n++) text.Append($"static int f{n}(int a, int b) {{ char t[64]; snprintf(t, sizeof t, \"%d\", a * {n} + b); return (int)strlen(t) + atoi(t); }}\n");
            text.Append($"int {name}(int a) {{ int r = a;\n");
            for (var n = 0; n < 60; n++) text.Append($"r += f{n}(r, {n});\n");
            File.WriteAllText($"{Sources}/{name}.c", text.Append("return r; }\n").ToString());
        }
        File.WriteAllText($"{Sources}/Makefile", $"all: {string.Join(' ', names.Select(name => $"{name}.o"))}\n%.o: %.c\n\tcc -O1 -c -o $@ $<\n");
    }
}
