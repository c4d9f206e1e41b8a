using Microsoft.Win32.SafeHandles;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>"-o FILE", or standard output: the file is whole, or what it was before.</summary>
internal static class OutputFile
{
    /// <param name="path">Null: standard output.</param>
    /// <exception cref="RefusedException">It cannot be written.</exception>
    public static void Write(string? path, Action<Stream> write)
    {
        if (Directory.Exists(path)) throw new RefusedException($"cannot write {path}: {Errno.ISDIR.Describe()}.");
        try
        {
            if (path is null || IsOther(path)) WriteTo(path is null ? new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, 1 << 16) : Open(path, FileMode.Open), write);
            else WriteBeside(new FileInfo(path).LinkTarget is null ? Path.GetFullPath(path) : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName, write);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException($"cannot write {path ?? "to standard output"}: {FileErrors.Reason(e)}.");
        }
    }

    // Under another name first: half an archive looks like one.
    private static void WriteBeside(string path, Action<Stream> write)
    {
        var made = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Identifier.New()[..8]}");
        try
        {
            WriteTo(Open(made, FileMode.CreateNew), write);
            File.Move(made, path, overwrite: true);
        }
        finally
        {
            File.Delete(made);
        }
    }

    private static void WriteTo(Stream stream, Action<Stream> write)
    {
        using (stream) write(stream);
    }

    private static FileStream Open(string path, FileMode mode) => new(path, mode, FileAccess.Write, FileShare.Read, 1 << 16);

    // A device or a pipe.
    private static bool IsOther(string path) => Syscall.Stat(path, out var status) == Errno.None && status.Type is not (FileType.Regular or FileType.Directory);
}
