using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>The files of an image archive by name: those of a directory (OCI layout), or those of a tar archive, taken out of it first since they come in any order.</summary>
internal sealed class ArchiveContents : IDisposable
{
    private const int MaxFiles = 100_000;

    private readonly DirFd _layout = DirFd.None;
    private readonly string _temporary;
    private readonly Dictionary<string, string> _files = [];
    private readonly Dictionary<string, string> _links = [];
    private Fd _found = Fd.None; // of a directory, what was found last

    private ArchiveContents(string path, string temporary)
    {
        _temporary = temporary;
        if (Directory.Exists(path)) _layout = OpenLayout(path);
        Limit = _layout.IsOpen ? new UnpackLimit(path, new DirectoryInfo(path).EnumerateFiles("*", Everything).Sum(file => file.Length)) : UnpackLimit.Of(path);
    }

    // Links in a directory may lead out of it, or in a circle.
    private static EnumerationOptions Everything => new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    /// <summary>Of all layers in it, measured by what came, and not by what they are when a first wrapping is off.</summary>
    public UnpackLimit Limit { get; }

    /// <param name="path">A directory or an archive.</param>
    public static ArchiveContents Open(StateDirectory state, string path)
    {
        var contents = new ArchiveContents(path, state.NewTemporary());
        Directory.CreateDirectory(contents._temporary);
        try
        {
            if (!contents._layout.IsOpen) contents.Extract(path);
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
        using var file = File.OpenRead(path);
        if (file.Length > limit) throw new InvalidDataException($"its file {name} has {file.Length} bytes, which is too large");
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    /// <summary>A file that may be moved away.</summary>
    public string Take(string name)
    {
        var path = Find(name) ?? throw new InvalidDataException($"it lacks the file {name}");
        var own = Path.Combine(_temporary, "taken");
        File.Copy(path, own, overwrite: true); // a reflink where the file system has them; several images may name one file
        return own;
    }

    public void Dispose()
    {
        _found.Close();
        if (_layout.IsOpen) _layout.Close();
        LayerStore.Discard(_temporary);
    }

    private string? Find(string name)
    {
        if (!_layout.IsOpen) return _files.GetValueOrDefault(_links.GetValueOrDefault(name, name));
        _found.Close();

        // Whatever the directory says of its files, no other is read.
        var error = Syscall.OpenAt2(_layout, Encoding.UTF8.GetBytes(name), OpenFlags.Path, 0, ResolveFlags.Beneath | ResolveFlags.NoMagicLinks, out _found);
        if (error == Errno.None) error = Syscall.Stat(_found, out var status) is var failed and not Errno.None ? failed : status.Type == FileType.Regular ? Errno.None : Errno.INVAL;
        return error == Errno.None ? $"/proc/self/fd/{_found.Number}" : null;
    }

    private static DirFd OpenLayout(string path)
    {
        var error = Syscall.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory, out var layout);
        return error == Errno.None ? new DirFd(layout.Number) : throw new RefusedException($"cannot open {path}: {error.Describe()}.");
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
