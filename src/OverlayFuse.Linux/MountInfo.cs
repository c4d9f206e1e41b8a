using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace OverlayFuse.Linux;

/// <summary>The mounts of a mount namespace, read from /proc/self/mountinfo.</summary>
public static class MountInfo
{
    /// <summary>The mounts this process sees, in the order they were made. Empty where /proc is not mounted.</summary>
    public static IReadOnlyList<MountPointEntry> Read() => ProcFile.ReadAll("/proc/self/mountinfo", out var text) == Errno.None ? Parse(text) : [];

    /// <summary>The uppermost mount at exactly this (absolute, link-free) path, or null.</summary>
    public static MountPointEntry? Find(ReadOnlySpan<byte> mountPoint)
    {
        MountPointEntry? found = null;
        foreach (var entry in Read())
        {
            if (mountPoint.SequenceEqual(entry.MountPoint)) found = entry; // later lines cover earlier ones
        }
        return found;
    }

    /// <summary>Whether a file system is mounted anywhere: in any mount namespace of a process that this one may look at. True where /proc does not say which there are: it may be.</summary>
    public static bool HasDevice(uint major, uint minor)
    {
        try
        {
            var seen = new HashSet<(string?, string?)>(); // a process in a chroot sees the mounts below that only
            return Directory.EnumerateDirectories("/proc").Any(process => char.IsAsciiDigit(process[^1]) && Sees(process, seen, major, minor));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static bool Sees(string process, HashSet<(string?, string?)> seen, uint major, uint minor)
    {
        try
        {
            return seen.Add((new FileInfo($"{process}/ns/mnt").LinkTarget, new FileInfo($"{process}/root").LinkTarget))
                && Parse(File.ReadAllBytes($"{process}/mountinfo")).Any(entry => (entry.DeviceMajor, entry.DeviceMinor) == (major, minor));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended, or is somebody else's
        }
    }

    /// <summary>
    /// The number of the mount that an open file is on, as <see cref="MountPointEntry.Id"/>; 0 where /proc does not tell. Asks the kernel
    /// only, so it answers for a server that is dead too.
    /// </summary>
    public static int IdOf(Fd fd)
    {
        try
        {
            foreach (var line in File.ReadLines($"/proc/self/fdinfo/{fd.Number}"))
            {
                if (line.StartsWith("mnt_id:", StringComparison.Ordinal)) return int.Parse(line[7..], CultureInfo.InvariantCulture);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No /proc.
        }
        return 0;
    }

    /// <summary>Parses the text of a mountinfo file; lines it does not understand are left out.</summary>
    public static IReadOnlyList<MountPointEntry> Parse(ReadOnlySpan<byte> text)
    {
        var entries = new List<MountPointEntry>();
        foreach (var range in text.Split((byte)'\n'))
        {
            if (ParseLine(text[range]) is { } entry) entries.Add(entry);
        }
        return entries;
    }

    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    private static MountPointEntry? ParseLine(ReadOnlySpan<byte> line)
    {
        var separator = line.IndexOf(" - "u8);
        if (separator < 0) return null;

        Span<Range> head = stackalloc Range[7];
        Span<Range> tail = stackalloc Range[3];
        var first = line[..separator];
        var second = line[(separator + 3)..];
        if (Fields(first, head) < 6 || Fields(second, tail) < 3) return null;

        var device = first[head[2]];
        var colon = device.IndexOf((byte)':');
        if (colon < 0 || !Number(first[head[0]], out var id) || !Number(first[head[1]], out var parent)
            || !Number(device[..colon], out var major) || !Number(device[(colon + 1)..], out var minor)) return null;

        return new MountPointEntry
        {
            Id = id,
            ParentId = parent,
            DeviceMajor = (uint)major,
            DeviceMinor = (uint)minor,
            Root = Unescape(first[head[3]]),
            MountPoint = Unescape(first[head[4]]),
            Options = Encoding.UTF8.GetString(first[head[5]]),
            Type = Encoding.UTF8.GetString(Unescape(second[tail[0]])),
            Source = Unescape(second[tail[1]]),
            SuperOptions = Unescape(second[tail[2]]),
        };
    }

    private static int Fields(ReadOnlySpan<byte> text, Span<Range> fields)
    {
        var count = 0;
        foreach (var range in text.Split((byte)' '))
        {
            if (count == fields.Length) break;
            fields[count++] = range;
        }
        return count;
    }

    private static bool Number(ReadOnlySpan<byte> text, out int value) =>
        Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && value >= 0;

    /// <summary>The kernel writes space, tab, newline and backslash as a backslash and three octal digits.</summary>
    private static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && IsOctal(text[i + 1]) && IsOctal(text[i + 2]) && IsOctal(text[i + 3]))
            {
                result[length++] = (byte)(((text[i + 1] - '0') << 6) | ((text[i + 2] - '0') << 3) | (text[i + 3] - '0'));
                i += 3;
            }
            else
            {
                result[length++] = text[i];
            }
        }
        return result[..length];
    }

    private static bool IsOctal(byte c) => c is >= (byte)'0' and <= (byte)'7';
}
