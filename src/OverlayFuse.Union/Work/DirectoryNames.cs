using System.Buffers;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>All names in a directory of ours, read at once.</summary>
public static class DirectoryNames
{
    /// <summary>Adds every name but "." and ".."; the descriptor must be readable.</summary>
    public static Errno Read(DirFd directory, List<byte[]> names)
    {
        var error = Syscall.LSeek(directory.Fd, 0, Whence.Set, out _);
        var buffer = ArrayPool<byte>.Shared.Rent(32 * 1024); // a mount reads a dozen, most of them empty
        while (error == Errno.None)
        {
            error = Syscall.GetDents(directory.Fd, buffer, out var length);
            if (error != Errno.None || length == 0) break;

            var entries = new DirectoryEntries(buffer.AsSpan(0, length));
            while (entries.MoveNext())
            {
                if (!entries.IsDotOrDotDot) names.Add(entries.Name.ToArray());
            }
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return error;
    }
}
