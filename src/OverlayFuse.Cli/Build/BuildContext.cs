using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>Where COPY finds files: a directory of the host with its .dockerignore, or the file system of another image.</summary>
internal sealed class BuildContext : IDisposable
{
    private readonly PathResolver _resolver;
    private readonly IgnoreRules _ignored;
    private readonly bool _isOwned;

    private BuildContext(DirFd root, IgnoreRules ignored, bool isOwned, bool hasOwners)
    {
        (Root, _ignored, _isOwned, HasOwners) = (root, ignored, isOwned, hasOwners);
        _resolver = new PathResolver(root);
    }

    public DirFd Root { get; }

    /// <summary>What is copied from it keeps its owners; else it is root's, as whoever builds may be anybody.</summary>
    public bool HasOwners { get; }

    /// <summary>Called before each piece of a file that is read.</summary>
    public Action? BeforeContent { get; set; }

    /// <param name="ignored">The text of .dockerignore.</param>
    public static BuildContext OfDirectory(byte[] path, string ignored)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, path, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var root);
        return error == Errno.None
            ? new BuildContext(new DirFd(root.Number), new IgnoreRules(ignored), isOwned: true, hasOwners: false)
            : throw new RefusedException($"unable to prepare context: path \"{ByteText.Show(path)}\": {error.Describe()}");
    }

    /// <summary>Nothing is left out of an image.</summary>
    public static BuildContext OfImage(MountedContainer mounted) => new(mounted.Root, new IgnoreRules(""), isOwned: false, hasOwners: true);

    /// <summary>What a source of COPY names: itself, or all that a pattern fits.</summary>
    /// <exception cref="RefusedException">Nothing.</exception>
    public List<CopySource> Find(string source)
    {
        var names = source.Split('/').Where(name => name is not ("" or ".")).ToList();
        if (names.Contains("..")) throw new RefusedException($"forbidden path outside the build context: {source}");
        var found = new List<byte[]> { Array.Empty<byte>() }; // names are bytes; as text they are only compared
        foreach (var name in names)
            found = PathPattern.HasWildcard(name)
                ? [.. found.SelectMany(directory => Names(directory).Where(entry => PathPattern.MatchesName(name, Text(entry))).Select(entry => Join(directory, entry)))]
                : [.. found.Select(directory => Join(directory, Encoding.UTF8.GetBytes(name)))];
        var sources = found.Where(path => _ignored.HasExceptions || !_ignored.Excludes(Text(path)))
            .Select(path => Source(CopyPath.Parse(path)))
            .Where(from => from.End.Exists && (from.End.IsDirectory || !_ignored.Excludes(Text(from.End.Path)))).ToList();
        return sources.Count > 0 ? sources : throw new RefusedException($"file not found in build context or excluded by .dockerignore: stat {source}: file does not exist");
    }

    /// <summary>Reads a source, without what is left out.</summary>
    public TreeArchive Reader(TarWriter archive, CopyEnd source, Action<TarEntry>? adjust = null)
    {
        archive.BeforeContent = BeforeContent;
        return new TreeArchive(archive)
        {
            Adjust = adjust,
            Skips = source.IsDirectory ? stored => _ignored.Excludes(Text(Join(source.Path, stored))) : null,
            LooksIntoSkipped = _ignored.HasExceptions,
        };
    }

    public Digest DigestOf(CopyEnd source) => TreeDigest.Of(HasOwners, (archive, adjust) => Reader(archive, source, adjust), archive =>
    {
        if (source.IsDirectory) source.WriteContentsTo(archive);
        else source.WriteTo(archive, source.Path);
    });

    public void Dispose()
    {
        if (_isOwned) Root.Close();
    }

    private CopySource Source(CopyPath path) => new(this, path.Name, _resolver.Find(path, followLast: true), IsOfContext: true);

    private List<byte[]> Names(byte[] directory)
    {
        var end = _resolver.Find(CopyPath.Parse(directory), followLast: true);
        var names = end.IsDirectory ? end.Names() : [];
        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }

    private static byte[] Join(byte[] directory, byte[] name) => directory.Length == 0 ? name : [.. directory, (byte)'/', .. name];

    private static string Text(byte[] path) => Encoding.UTF8.GetString(path);
}
