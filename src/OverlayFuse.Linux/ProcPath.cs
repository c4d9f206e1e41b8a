using System.Buffers.Text;

namespace OverlayFuse.Linux;

/// <summary>/proc/self/fd/N, and a name beneath it: how calls that take only a path are made relative to a descriptor.</summary>
internal static class ProcPath
{
    /// <summary>Room for the prefix and the longest descriptor number, with its NUL.</summary>
    public const int Size = 32;

    /// <summary>Room for the prefix, a slash, a name of NAME_MAX bytes and a NUL.</summary>
    public const int SizeWithName = Size + 256;

    private static ReadOnlySpan<byte> Prefix => "/proc/self/fd/"u8;

    public static Span<byte> Of(Fd fd, Span<byte> buffer)
    {
        buffer[Write(fd.Number, buffer)] = 0;
        return buffer;
    }

    public static Span<byte> Of(DirFd dir, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        var length = Write(dir.Number, buffer);
        if (length + name.Length + 2 > buffer.Length)
        {
            var longer = new byte[length + name.Length + 2];
            buffer[..length].CopyTo(longer);
            buffer = longer;
        }
        buffer[length++] = (byte)'/';
        name.CopyTo(buffer[length..]);
        buffer[length + name.Length] = 0;
        return buffer;
    }

    private static int Write(int number, Span<byte> buffer)
    {
        Prefix.CopyTo(buffer);
        Utf8Formatter.TryFormat(number, buffer[Prefix.Length..], out var digits);
        return Prefix.Length + digits;
    }
}
