using System.Buffers;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Reads the entries of one layer directory from start to end, "." and ".." left out.</summary>
internal ref struct DirectoryReader
{
    private const int BufferSize = 64 * 1024;

    private readonly byte[] _buffer;
    private readonly Fd _fd;
    private DirectoryEntries _entries;
    private bool _ended;

    private DirectoryReader(Fd fd)
    {
        _fd = fd;
        _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        _entries = new DirectoryEntries([]);
    }

    /// <summary>The current entry.</summary>
    public readonly DirectoryEntries Entry => _entries;

    public Errno Error { get; private set; }

    public static Errno Open(DirFd directory, out DirectoryReader reader)
    {
        reader = default;
        var error = OpenToRead(directory, out var fd);
        if (error == Errno.None) reader = new DirectoryReader(fd);
        return error;
    }

    /// <summary>Opens a directory for its names, of which an ordinary user's daemon may have no more than the right to read them.</summary>
    public static Errno OpenToRead(DirFd directory, out Fd fd)
    {
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.Directory;
        var error = Syscall.OpenAt(directory, "."u8, Flags, 0, out fd);
        return error == Errno.ACCES ? Syscall.Reopen(directory.Fd, Flags, out fd) : error;
    }

    /// <summary>Goes to the next entry; false at the end and on an error, which is then in <see cref="Error"/>.</summary>
    public bool MoveNext()
    {
        while (!_ended)
        {
            while (_entries.MoveNext())
            {
                if (!_entries.IsDotOrDotDot) return true;
            }
            Error = Syscall.GetDents(_fd, _buffer, out var length);
            _ended = Error != Errno.None || length == 0;
            _entries = new DirectoryEntries(_buffer.AsSpan(0, Math.Max(length, 0)));
        }
        return false;
    }

    public readonly void Dispose()
    {
        if (_buffer is null) return;
        _fd.Close();
        ArrayPool<byte>.Shared.Return(_buffer);
    }
}
