using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The context that "build -" takes from standard input: an archive of one, packed or not, or a Dockerfile that has nothing beside it. Removed at the end.</summary>
internal sealed class SentContext : IDisposable
{
    private const string Usual = "Dockerfile";

    private readonly bool _isArchive;

    private SentContext(string directory, string sent)
    {
        Directory = directory;
        System.IO.Directory.CreateDirectory(directory);
        _isArchive = IsArchive(sent);
        if (_isArchive) Unpack(sent, directory);
        else File.Copy(sent, Path.Combine(directory, Usual));
    }

    public string Directory { get; }

    public static SentContext Read(StateDirectory state)
    {
        var directory = state.NewTemporary();
        try
        {
            return ImageArguments.With(state, "-", sent => new SentContext(directory, sent));
        }
        catch
        {
            LayerStore.Discard(directory);
            throw;
        }
    }

    /// <param name="name">What -f said.</param>
    public string PathOfDockerfile(string? name)
    {
        var wanted = _isArchive && name is not null ? name : Usual;
        return PathOf(wanted) ?? throw new RefusedException($"Cannot locate specified Dockerfile: {wanted}");
    }

    /// <summary>The path of a file, links resolved: those of an archive lead nowhere else. Null where there is none.</summary>
    public string? PathOf(string name)
    {
        var error = Syscall.Open(Directory, OpenFlags.ReadOnly | OpenFlags.Directory, out var root);
        if (error != Errno.None) throw new RefusedException($"cannot open {Directory}: {error.Describe()}.");
        try
        {
            var resolver = new PathResolver(new DirFd(root.Number));
            var found = resolver.Find(CopyPath.Parse(Encoding.UTF8.GetBytes(name)), followLast: true);
            if (found is not { Exists: true, IsDirectory: false }) return null;
            var path = Path.Combine(Directory, Encoding.UTF8.GetString(found.Path));
            return Syscall.Stat(path, out var status) == Errno.None && status.Type == FileType.Regular ? path : null; // nobody writes into a pipe of an archive
        }
        finally
        {
            root.Close();
        }
    }

    public void Dispose() => LayerStore.Discard(Directory);

    private static bool IsArchive(string sent)
    {
        try
        {
            using var content = Compression.Open(sent);
            return new TarReader(content, UnpackLimit.Of(sent)).Next() is not null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static void Unpack(string sent, string directory)
    {
        var error = Syscall.Open(directory, OpenFlags.ReadOnly | OpenFlags.Directory, out var root);
        if (error != Errno.None) throw new RefusedException($"cannot open {directory}: {error.Describe()}.");
        try
        {
            using var content = Compression.Open(sent);
            using var applier = new LayerApplier(new DirFd(root.Number)) { TakesMarks = false, Adjust = entry => (entry.Uid, entry.Gid) = (0, 0) };
            applier.Apply(new TarReader(content, UnpackLimit.Of(sent)));
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"cannot take the context from standard input: {e.Message}.");
        }
        finally
        {
            root.Close();
        }
    }
}
