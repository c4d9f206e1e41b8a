using System.Text.RegularExpressions;
using OverlayFuse.Fuse;

namespace OverlayFuse.Cli;

/// <summary>
/// storage.conf of Podman, Buildah and others (containers-storage.conf(5)), changed line by line: comments, order and all else stay.
/// Understands as much of TOML as such files hold, and refuses the rest. Pure.
/// </summary>
internal static partial class StorageConf
{
    private const string Driver = "storage.driver";
    private const string MountProgram = "storage.options.overlay.mount_program";

    /// <summary>With <paramref name="program"/> as the one that mounts.</summary>
    /// <param name="text">Null where there is no file.</param>
    /// <param name="forAll">The file of all users, which has to say where storage is.</param>
    /// <exception cref="MountException">The text is not understood, or is for another driver than overlay.</exception>
    public static string Add(string? text, string program, bool forAll)
    {
        text ??= forAll ? "[storage]\ndriver = \"overlay\"\nrunroot = \"/run/containers/storage\"\ngraphroot = \"/var/lib/containers/storage\"\n" : "";
        var driver = Value(text, Driver);
        if (driver is not (null or "" or "overlay" or "overlay2"))
            throw new MountException($"it sets driver = \"{driver}\". A mount program is for the overlay driver, which does not see what \"{driver}\" has stored: set " +
                "driver = \"overlay\" there yourself, or leave it as it is.");
        if (string.IsNullOrEmpty(driver)) text = Set(text, Driver, "overlay");
        return Set(text, MountProgram, program);
    }

    /// <summary>As <paramref name="text"/>, but for what <see cref="Add"/> has made of <paramref name="original"/>.</summary>
    public static string Remove(string text, string? original)
    {
        foreach (var name in new[] { MountProgram, Driver })
        {
            var before = original is null ? null : Value(original, name);
            text = before is null ? Delete(text, name) : Set(text, name, before);
        }
        return text;
    }

    private static string? Value(string text, string name) => Parse(Lines(text)).Find(entry => entry.Name == name)?.Value;

    private static string Delete(string text, string name)
    {
        var lines = Lines(text);
        if (Parse(lines).Find(entry => entry.Name == name) is { } there) lines.RemoveAt(there.Line);
        return string.Concat(lines);
    }

    private static string Set(string text, string name, string value)
    {
        var lines = Lines(text);
        var entries = Parse(lines);
        var quoted = Quote(value);
        var newline = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        void Close(int line) => lines[line] = lines[line].EndsWith('\n') ? lines[line] : lines[line] + newline;
        if (entries.Find(entry => entry.Name == name) is { } there)
        {
            var line = lines[there.Line];
            lines[there.Line] = string.Concat(line.AsSpan(0, there.ValueStart), quoted, line.AsSpan(there.ValueEnd));
            return string.Concat(lines);
        }

        var dot = name.LastIndexOf('.');
        var (table, key) = (name[..dot], name[(dot + 1)..]);
        var header = lines.FindIndex(line => Header(line) == table);
        if (header < 0)
        {
            header = lines.Count;
            if (header > 0) Close(header - 1);
            lines.Add(header > 0 ? $"{newline}[{table}]" : $"[{table}]");
        }
        Close(header);

        // Behind the line that shows how it would be written, where there is one.
        var end = lines.FindIndex(header + 1, line => Header(line) is not null);
        var sample = lines.FindIndex(header, (end < 0 ? lines.Count : end) - header, line => line.TrimStart('#', ' ', '\t').StartsWith($"{key} =", StringComparison.Ordinal));
        var place = (sample < 0 ? header : sample) + 1;
        Close(place - 1);
        lines.Insert(place, $"{key} = {quoted}{newline}");
        return string.Concat(lines);
    }

    // Each with its line end.
    private static List<string> Lines(string text)
    {
        var lines = new List<string>();
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = text.IndexOf('\n', start) + 1;
            if (end == 0) end = text.Length;
            lines.Add(text[start..end]);
        }
        return lines;
    }

    private static List<StorageConfEntry> Parse(List<string> lines)
    {
        var entries = new List<StorageConfEntry>();
        var table = "";
        var open = 0; // brackets of a list that goes on
        for (var i = 0; i < lines.Count; i++)
        {
            var bare = lines[i].Trim();
            if (open > 0)
            {
                open += Brackets(bare);
                continue;
            }
            if (bare.Length == 0 || bare[0] == '#') continue;
            if (Header(bare) is { } name)
            {
                table = name + ".";
                continue;
            }

            var line = lines[i];
            var keys = Keys(line, out var start);
            while (start < line.Length && line[start] is ' ' or '\t') start++;
            var rest = line[start..].TrimEnd();
            if (keys.Count == 0 || rest.Length == 0 || rest.StartsWith("\"\"\"", StringComparison.Ordinal) || rest.StartsWith("'''", StringComparison.Ordinal)) throw NotUnderstood(i, bare);
            var length = rest.Length;
            if (rest[0] is '"' or '\'')
            {
                length = rest.IndexOf(rest[0], 1) + 1;
                if (length == 0 || rest.AsSpan(length).TrimStart() is [not '#', ..] || rest.AsSpan(0, length).Contains('\\')) throw NotUnderstood(i, bare);
            }
            else if (rest[0] is '[' or '{')
            {
                open = Brackets(rest);
            }

            // A table that is written so cannot have a header too, and nothing is put into it.
            if (keys.Count > 1 && IsOurs(table + keys[0]) || rest[0] == '{' && IsOurs(table + string.Join('.', keys))) throw NotUnderstood(i, bare);
            entries.Add(new StorageConfEntry(table + string.Join('.', keys), rest[..length].Trim('"', '\''), i, start, start + length));
        }
        return open == 0 ? entries : throw new MountException("it ends inside a list, so it is broken.");
    }

    private static bool IsOurs(string table) => $"{MountProgram}.".StartsWith($"{table}.", StringComparison.Ordinal);

    /// <summary>The words before the "=", bare or quoted, with dots between; none: it is no such line.</summary>
    private static List<string> Keys(string line, out int end)
    {
        var keys = new List<string>();
        end = 0;
        var match = KeyPattern().Match(line);
        if (!match.Success) return keys;
        end = match.Length;
        foreach (Capture key in match.Groups["key"].Captures) keys.Add(key.Value is ['"' or '\'', ..] && !key.Value.Contains('.') ? key.Value[1..^1] : key.Value);
        return keys;
    }

    private static string? Header(string line)
    {
        var bare = line.Trim();
        var end = bare.IndexOf(']');
        return bare.StartsWith('[') && !bare.StartsWith("[[", StringComparison.Ordinal) && end > 1 && bare[(end + 1)..].TrimStart() is "" or ['#', ..]
            ? bare[1..end].Replace(" ", "").Replace("\"", "").Replace("'", "")
            : null;
    }

    private static int Brackets(string text)
    {
        var depth = 0;
        var quote = '\0';
        foreach (var c in text)
        {
            if (quote != '\0') quote = c == quote ? '\0' : quote;
            else if (c is '"' or '\'') quote = c;
            else if (c == '#') break;
            else depth += c == '[' ? 1 : c == ']' ? -1 : 0;
        }
        return depth;
    }

    private static string Quote(string value) => value.AsSpan().ContainsAny("\"\\\n")
        ? throw new MountException($"this program is at {value}, a path that storage.conf cannot hold. Install it elsewhere.")
        : $"\"{value}\"";

    private static MountException NotUnderstood(int line, string text) => new($"line {line + 1} is not understood: {text}");

    [GeneratedRegex("""^[ \t]*(?<key>[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*')([ \t]*\.[ \t]*(?<key>[A-Za-z0-9_-]+|"[^"\\]*"|'[^']*'))*[ \t]*=""")]
    private static partial Regex KeyPattern();
}
