using System.Reflection;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>One example of what a union does, read from a text under Cases/: layers, actions, and what is then to be seen.</summary>
/// <remarks>
/// Lines: <c>case</c> title, <c>lowerN</c> (1 is the topmost), <c>upper</c>, <c>do</c>, <c>union</c>; an indented line goes on with the one
/// before. What stands before the first <c>do</c> is made, what follows is compared; <c>union</c> is compared where it stands.
/// <c>settle plain</c> or <c>kernel</c>: the upper is closed, settled and opened again, and the union is to be the same.
/// <c>needs marks</c>: not for an upper without extended attributes.
/// </remarks>
internal sealed class Case
{
    private readonly List<(string Key, string Text)> _lines = [];

    private Case(string title) => Title = title;

    public string Title { get; }

    public bool NeedsMarks => _lines.Contains(("needs", "marks"));

    public bool Changes => _lines.Exists(l => l.Key == "do");

    public IEnumerable<(string Key, string Text)> Layers => Before(true).Where(l => l.Key == "upper" || l.Key.StartsWith("lower", StringComparison.Ordinal));

    public int LowerCount => Layers.Where(l => l.Key != "upper").Max(l => l.Key[5] - '0');

    /// <summary>Actions and what is expected between and after them.</summary>
    public IEnumerable<(string Key, string Text)> Steps => Before(false);

    public static IEnumerable<Case> ReadAll(string file)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(file) ?? throw new FileNotFoundException(file);
        using var reader = new StreamReader(stream);
        Case? current = null;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            if (line[0] == ' ')
            {
                var (key, text) = current!._lines[^1];
                current._lines[^1] = (key, $"{text}  {line.Trim()}");
                continue;
            }
            var end = line.IndexOf(' ');
            var (word, rest) = end < 0 ? (line, "") : (line[..end], line[end..].Trim());
            if (word == "case")
            {
                if (current is not null) yield return current;
                current = new Case(rest);
            }
            else current!._lines.Add((word, rest));
        }
        if (current is not null) yield return current;
    }

    private IEnumerable<(string Key, string Text)> Before(bool first)
    {
        var start = _lines.FindIndex(l => l.Key is "do" or "union" or "settle");
        return first ? _lines.Take(start) : _lines.Skip(start);
    }

    /// <summary>Carries one action out: <c>VERB ARGUMENT...</c>, <c>! ERRNO</c> behind it where it is to fail.</summary>
    /// <returns>What went otherwise than written, or null.</returns>
    public static string? Act(Kernel kernel, string action)
    {
        var (what, expected) = action.Split(" ! ") is [var before, var errno] ? (before, Enum.Parse<Errno>(errno)) : (action, Errno.None);
        var words = what.Split(' ', 3);
        var text = what.Contains('"', StringComparison.Ordinal) ? System.Text.Encoding.UTF8.GetBytes(what[(what.IndexOf('"') + 1)..what.LastIndexOf('"')]) : [];
        var error = words[0] switch
        {
            "create" => kernel.Create(words[1], text),
            "write" => kernel.Write(words[1], text),
            "truncate" => kernel.Truncate(words[1], ulong.Parse(words[2], null)),
            "chmod" => kernel.Chmod(words[1], Convert.ToUInt32(words[2], 8)),
            "setxattr" => kernel.SetXattr(words[1], words[2].Split(' ')[0], "1"),
            "mkdir" => kernel.Mkdir(words[1]),
            "symlink" => kernel.Symlink(System.Text.Encoding.UTF8.GetString(text), words[1]),
            "mkfifo" => kernel.Mknod(words[1], FileType.Fifo),
            "mkwhiteout" => kernel.Mknod(words[1], FileType.CharDevice),
            "tmpfile" => kernel.TmpFile(words[1], words[2].Split(' ')[0], text),
            "link" => kernel.Link(words[1], words[2]),
            "rm" => kernel.Remove(words[1], false),
            "rmdir" => kernel.Remove(words[1], true),
            "mv" => kernel.Rename(words[1], words[2]),
            "swap" => kernel.Rename(words[1], words[2], RenameFlags.Exchange),
            "mv-noreplace" => kernel.Rename(words[1], words[2], RenameFlags.NoReplace),
            "mv-whiteout" => kernel.Rename(words[1], words[2], RenameFlags.Whiteout),
            "list" => kernel.List(words[1], out _),
            "read" => kernel.Read(words[1], out _),
            "look" => Look(kernel, words[1]),
            _ => throw new FormatException(action),
        };
        return error == expected ? null : $"{what}: {error}";
    }

    private static Errno Look(Kernel kernel, string path) => kernel.Find(path, out _);
}
