using System.Buffers.Binary;
using System.Text;

namespace OverlayFuse.Conformance;

// Listings, events, sockets.
internal static unsafe partial class Calls
{
    /// <summary>An entry with the position behind it.</summary>
    public readonly record struct Listed(string Name, ulong Inode, FileType Type, long Next);

    /// <summary>One getdents64(2) with a buffer of a given size; nothing at the end.</summary>
    public static Result GetDents(int fd, out List<Listed> entries, int size = 32768)
    {
        entries = [];
        var buffer = new byte[size];
        Result result;
        fixed (byte* to = buffer) result = Result.Of("getdents64", Native.GetDents(fd, to, size));
        for (var at = 0; at < result.Value;)
        {
            var record = buffer.AsSpan(at);
            var length = BinaryPrimitives.ReadUInt16LittleEndian(record[16..]); // struct linux_dirent64: d_ino, d_off, d_reclen, d_type, d_name
            var name = record[19..length];
            entries.Add(new Listed(
                Encoding.Latin1.GetString(name[..name.IndexOf((byte)0)]),
                BinaryPrimitives.ReadUInt64LittleEndian(record),
                (FileType)(record[18] << 12),
                BinaryPrimitives.ReadInt64LittleEndian(record[8..])));
            at += length;
        }
        return result;
    }

    /// <summary>All that is left to read in an open directory.</summary>
    public static List<Listed> ReadAll(int fd, int size = 32768)
    {
        var all = new List<Listed>();
        while (true)
        {
            var result = GetDents(fd, out var entries, size);
            result.Is(None);
            if (entries.Count == 0) return all;
            all.AddRange(entries);
        }
    }

    /// <summary>The names in a directory in order, without the dots.</summary>
    public static string NamesIn(string path = ".")
    {
        var fd = Open(path, O_RDONLY | O_DIRECTORY).Ok();
        var names = Names(ReadAll(fd));
        Close(fd).Ok();
        return names;
    }

    public static string Names(IEnumerable<Listed> entries) =>
        string.Join(' ', entries.Select(entry => entry.Name).Where(name => name is not ("." or "..")).Order(StringComparer.Ordinal));

    public static int Watch(string path, uint mask)
    {
        var fd = Result.Of("inotify_init", Native.inotify_init1(O_NONBLOCK | O_CLOEXEC)).Ok();
        TryWatch(fd, path, mask).Ok();
        return fd;
    }

    public static Result TryWatch(int fd, string path, uint mask) => Result.Of($"inotify_add_watch({path})", Native.inotify_add_watch(fd, path, mask));

    /// <summary>Events that are there, as "MASK NAME" in words of the manual page.</summary>
    public static string Events(int fd)
    {
        var buffer = new byte[16384];
        var result = Read(fd, buffer);
        if (result.Error == AGAIN) return "";
        result.Is(None);
        var events = new List<string>();
        for (var at = 0; at < result.Value;)
        {
            var mask = BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(at + 4));
            var length = BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(at + 12));
            var name = Encoding.UTF8.GetString(buffer, at + 16, length).TrimEnd('\0');
            events.Add($"{EventName(mask)} {name}".TrimEnd());
            at += 16 + length;
        }
        return string.Join(", ", events);
    }

    public static Result Bind(int socket, string path) => Result.Of($"bind({path})", Native.bind(socket, Address(path), AddressSize(path)));

    public static Result Connect(int socket, string path) => Result.Of($"connect({path})", Native.connect(socket, Address(path), AddressSize(path)));

    public static Result Listen(int socket) => Result.Of("listen", Native.listen(socket, 1));

    public static Result Accept(int socket) => Result.Of("accept", Native.accept(socket, 0, 0));

    public static int Socket(int type = Native.SOCK_STREAM) => Result.Of("socket", Native.socket(Native.AF_UNIX, type | O_CLOEXEC, 0)).Ok();

    private static byte[] Address(string path) => [1, 0, .. Encoding.UTF8.GetBytes(path), 0];

    private static uint AddressSize(string path) => (uint)(2 + path.Length + 1);

    private static string EventName(uint mask)
    {
        (uint Bit, string Name)[] names =
        [
            (IN_ACCESS, "access"), (IN_MODIFY, "modify"), (IN_ATTRIB, "attrib"), (IN_CLOSE_WRITE, "close-write"), (IN_CLOSE_NOWRITE, "close"),
            (IN_OPEN, "open"), (IN_MOVED_FROM, "from"), (IN_MOVED_TO, "to"), (IN_CREATE, "create"), (IN_DELETE, "delete"),
            (IN_DELETE_SELF, "delete-self"), (IN_MOVE_SELF, "move-self"), (0x8000, "ignored"), (IN_ISDIR, "dir"),
        ];
        return string.Join('+', names.Where(name => (mask & name.Bit) != 0).Select(name => name.Name));
    }
}
