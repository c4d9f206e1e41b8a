using System.Text;

namespace OverlayFuse.Image;

/// <summary>The files of an image archive by name: those of a directory (OCI layout), or those of a tar archive, taken out of it first since they come in any order.</summary>
internal sealed class ArchiveContents : IDisposable
{
    private const int MaxFiles = 100_000;

    private readonly string? _layout;
    private readonly string _temporary;
    private readonly Dictionary<string, string> _files = [];
    private readonly Dictionary<string, string> _links = [];

    private ArchiveContents(string path, string temporary)
    {
        _temporary = temporary;
        if (Directory.Exists(path)) _layout = path;
        Limit = _layout is null ? UnpackLimit.Of(path) : new UnpackLimit(path, new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length));
    }

    /// <summary>Of all layers in it, measured by what came, and not by what they are when a first wrapping is off.</summary>
    public UnpackLimit Limit { get; }

    /// <param name="path">A directory or an archive.</param>
    public static ArchiveContents Open(StateDirectory state, string path)
    {
        var contents = new ArchiveContents(path, state.NewTemporary());
        Directory.CreateDirectory(contents._temporary);
        try
        {
            if (contents._layout is null) contents.Extract(path);
            return contents;
        }
        catch
        {
            contents.Dispose();
            throw;
        }
    }

    public bool Has(string name) => Find(name) is not null;

    /// <exception cref="InvalidDataException">There is no such file, or it is too long to be one of this kind.</exception>
    public byte[] Read(string name, int limit)
    {
        var path = Find(name) ?? throw new InvalidDataException($"it lacks the file {name}");
        var length = new FileInfo(path).Length;
        return length <= limit ? File.ReadAllBytes(path) : throw new InvalidDataException($"its file {name} has {length} bytes, which is too large");
    }

    /// <summary>A file that may be moved away.</summary>
    public string Take(string name)
    {
        var path = Find(name) ?? throw new InvalidDataException($"it lacks the file {name}");
        var own = Path.Combine(_temporary, "taken");
        File.Copy(path, own, overwrite: true); // a reflink where the file system has them; several images may name one file
        return own;
    }

    public void Dispose() => LayerStore.Discard(_temporary);

    private string? Find(string name)
    {
        if (_layout is null) return _files.GetValueOrDefault(_links.GetValueOrDefault(name, name));
        var path = Path.Combine(_layout, name);
        return !name.Contains("..", StringComparison.Ordinal) && File.Exists(path) ? path : null;
    }

    private void Extract(string path)
    {
        using var stream = Compression.Open(path);
        var archive = new TarReader(stream, UnpackLimit.Of(path));
        var buffer = new byte[1 << 16];
        while (archive.Next() is { } entry)
        {
            var name = Name(entry.Name);
            if (_files.Count + _links.Count > MaxFiles) throw new InvalidDataException($"it holds more than {MaxFiles} files, too many for an image");
            if (entry.Kind is TarKind.HardLink) _links[name] = Name(entry.Target);
            else if (entry.Kind is TarKind.SymbolicLink) _links[name] = Resolve(name, entry.Target);
            if (entry.Kind != TarKind.File) continue;

            var own = Path.Combine(_temporary, _files.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
            using var file = File.Create(own);
            for (int count; (count = archive.Read(buffer)) > 0;) file.Write(buffer, 0, count);
            _files[name] = own;
        }
    }

    private static string Name(byte[] name) => Encoding.UTF8.GetString(EntryPath.Join(EntryPath.Parse(name)));

    // "docker save" of old writes "../ID/layer.tar" for a layer that occurs twice.
    private static string Resolve(string name, byte[] target)
    {
        if (target.Length > EntryPath.LongestPath) throw new InvalidDataException($"it holds a link to a path of {target.Length} bytes, more than the {EntryPath.LongestPath} allowed");
        var parts = new List<string>(name.Split('/')[..^1]);
        foreach (var part in Encoding.UTF8.GetString(target).Split('/'))
        {
            if (part == ".." && parts.Count > 0) parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or "" or "..")) parts.Add(part);
        }
        return string.Join('/', parts);
    }
}
