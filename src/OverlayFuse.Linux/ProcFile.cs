using System.Buffers;

namespace OverlayFuse.Linux;

/// <summary>The files of /proc, which have no size: read in as few calls as they fill.</summary>
public static class ProcFile
{
    private const int Usual = 16 * 1024;

    /// <summary>The whole content; nothing where it cannot be read.</summary>
    public static Errno ReadAll(string path, out byte[] content)
    {
        content = [];
        var error = Syscall.Open(path, OpenFlags.ReadOnly, out var file);
        if (error != Errno.None) return error;

        var buffer = ArrayPool<byte>.Shared.Rent(Usual);
        var (length, count) = (0, 0);
        do
        {
            if (length == buffer.Length)
            {
                var longer = ArrayPool<byte>.Shared.Rent(2 * length);
                buffer.CopyTo(longer, 0);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = longer;
            }
            error = Syscall.Read(file, buffer.AsSpan(length), out count);
            length += error == Errno.None ? count : 0;
        }
        while (error == Errno.None && count > 0);
        if (error == Errno.None) content = buffer[..length];
        ArrayPool<byte>.Shared.Return(buffer);
        file.Close();
        return error;
    }
}
