using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"--cidfile": there before anything else is done, and gone again when nothing came of it.</summary>
internal sealed class ContainerIdFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private bool _isWritten;

    private ContainerIdFile(string path, FileStream file) => (_path, _file) = (path, file);

    /// <exception cref="RefusedException">It is there already, or cannot be made; in docker's words.</exception>
    public static ContainerIdFile Create(string path)
    {
        if (File.Exists(path)) throw new RefusedException($"container ID file found, make sure the other container isn't running or delete {path}");
        try
        {
            return new ContainerIdFile(path, new FileStream(path, FileMode.CreateNew, FileAccess.Write));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException($"failed to create the container ID file {path}: {FileErrors.Reason(e)}.");
        }
    }

    public void Write(string id)
    {
        _file.Write(System.Text.Encoding.ASCII.GetBytes(id));
        _isWritten = true;
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_isWritten) File.Delete(_path);
    }
}
