using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

/// <summary>Names made of a letter and a number, written without allocating.</summary>
internal ref struct Name(Span<byte> buffer)
{
    public const int Size = 16;

    private readonly Span<byte> _buffer = buffer;

    /// <summary>The name; a NUL follows it.</summary>
    public readonly ReadOnlySpan<byte> Of(char letter, int number)
    {
        _buffer[0] = (byte)letter;
        Utf8Formatter.TryFormat(number, _buffer[1..], out var length);
        _buffer[length + 1] = 0;
        return _buffer[..(length + 1)];
    }

    public static string Text(char letter, int number) => $"{letter}{number}";

    public static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    public static DirFd Open(string path)
    {
        Client.Expect(Syscall.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory, out var fd), path);
        return new DirFd(fd.Number);
    }
}
