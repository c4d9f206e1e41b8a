using System.Buffers.Text;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The value of an override_stat mark: what stat(2) is to say of an object, whatever it is in its layer.</summary>
/// <param name="Mode">The twelve bits that chmod(2) takes.</param>
/// <param name="Type"><see cref="FileType.None"/>: the mark does not say.</param>
/// <remarks>
/// UID:GID:MODE, the mode octal, and in newer versions of containers/storage :TYPE, among file, dir, symlink, pipe, socket, block-MAJOR-MINOR and
/// char-MAJOR-MINOR. Some write the type into the mode, as st_mode has it, instead; some put colons into the numbers of a device.
/// </remarks>
internal readonly record struct OverrideStat(uint Uid, uint Gid, uint Mode, FileType Type, uint Major = 0, uint Minor = 0)
{
    /// <summary>The longest that is written: block-4294967295-4294967295 at the end.</summary>
    public const int MaxLength = 64;

    public static OverrideStat Of(in FileStatus status) =>
        new(status.Uid, status.Gid, status.Mode & Linux.Mode.Permissions, status.Type, status.RdevMajor, status.RdevMinor);

    /// <summary>False for what cannot be understood; what stands behind the type is left for later versions of the format.</summary>
    public static bool TryParse(ReadOnlySpan<byte> value, out OverrideStat stat)
    {
        stat = default;
        if (!TryTake(ref value, 10, out var uid) || !TryTake(ref value, 10, out var gid) || !TryTake(ref value, 8, out var mode)) return false;
        if (mode > 0xFFFF) return false;
        var (type, major, minor) = (Linux.Mode.TypeOf(mode), 0u, 0u);
        if (value.Length > 0 && !TryReadType(value, out type, out major, out minor)) return false;
        stat = new OverrideStat(uid, gid, mode & Linux.Mode.Permissions, type, major, minor);
        return type is FileType.None || Enum.IsDefined(type);
    }

    /// <summary>Writes the form of containers/storage into a buffer of at least <see cref="MaxLength"/> bytes.</summary>
    public int Format(Span<byte> to)
    {
        Utf8Formatter.TryFormat(Uid, to, out var length);
        to[length++] = (byte)':';
        Utf8Formatter.TryFormat(Gid, to[length..], out var written);
        length += written;
        to[length++] = (byte)':';
        for (var shift = 9; shift >= 0; shift -= 3) to[length++] = (byte)('0' + ((Mode >> shift) & 7));
        to[length++] = (byte)':';
        NameOf(Type).CopyTo(to[length..]);
        length += NameOf(Type).Length;
        if (Type is not (FileType.BlockDevice or FileType.CharDevice)) return length;

        foreach (var number in (ReadOnlySpan<uint>)[Major, Minor])
        {
            to[length++] = (byte)'-';
            Utf8Formatter.TryFormat(number, to[length..], out written);
            length += written;
        }
        return length;
    }

    public string ToText()
    {
        Span<byte> text = stackalloc byte[MaxLength];
        return Encoding.ASCII.GetString(text[..Format(text)]);
    }

    /// <summary>Has a status say what the mark says. Directories stay what they are, and only a regular file stands for an object of another type.</summary>
    /// <returns>False where the two contradict each other.</returns>
    public bool TryApply(ref FileStatus status)
    {
        var type = Type == FileType.None || status.Type != FileType.Regular ? status.Type : Type;
        if (type == FileType.Directory != status.IsDirectory) return false;
        (status.Uid, status.Gid, status.Mode) = (Uid, Gid, (uint)type | Mode);
        if (type == FileType.Regular || type == FileType.Directory || type == FileType.Symlink) return true;
        if (Type == type) (status.RdevMajor, status.RdevMinor, status.Size, status.Blocks) = (Major, Minor, 0, 0);
        return true;
    }

    private static ReadOnlySpan<byte> NameOf(FileType type) => type switch
    {
        FileType.Directory => "dir"u8,
        FileType.Symlink => "symlink"u8,
        FileType.Fifo => "pipe"u8,
        FileType.Socket => "socket"u8,
        FileType.BlockDevice => "block"u8,
        FileType.CharDevice => "char"u8,
        _ => "file"u8,
    };

    private static bool TryReadType(ReadOnlySpan<byte> text, out FileType type, out uint major, out uint minor)
    {
        type = FileType.None;
        (major, minor) = (0, 0);
        foreach (var candidate in (ReadOnlySpan<FileType>)[FileType.Regular, FileType.Directory, FileType.Symlink, FileType.Fifo, FileType.Socket, FileType.BlockDevice, FileType.CharDevice])
        {
            if (text.StartsWith(NameOf(candidate))) type = candidate;
        }
        if (type is not (FileType.BlockDevice or FileType.CharDevice)) return type != FileType.None;

        text = text[NameOf(type).Length..];
        if (text is [(byte)'-' or (byte)':', ..]) text = text[1..];
        return Utf8Parser.TryParse(text, out major, out var used) && used < text.Length && text[used] is (byte)'-' or (byte)':'
            && Utf8Parser.TryParse(text[(used + 1)..], out minor, out _);
    }

    // A number and the colon behind it, if there is one.
    private static bool TryTake(ref ReadOnlySpan<byte> value, uint radix, out uint number)
    {
        number = 0;
        var end = value.IndexOf((byte)':') is var colon and >= 0 ? colon : value.Length;
        if (end is 0 or > 12) return false;
        ulong sum = 0;
        foreach (var digit in value[..end])
        {
            if (digit < '0' || digit >= '0' + radix) return false;
            sum = sum * radix + (uint)(digit - '0');
        }
        number = (uint)sum;
        value = value[Math.Min(value.Length, end + 1)..];
        return sum <= uint.MaxValue;
    }
}
