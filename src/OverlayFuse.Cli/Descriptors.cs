using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>Streams read whole, and the descriptors our caller left open.</summary>
internal static class Descriptors
{
    private static readonly (uint Major, uint Minor) FuseDevice = (10, 229); // devices.txt of the kernel

    /// <summary>
    /// Puts something into standard streams that the caller has closed: else the next file that is opened would be one of them, and get
    /// our output. What is put there can be neither read nor written.
    /// </summary>
    public static void FillStandardStreams()
    {
        for (var number = 0; number <= 2; number++)
        {
            if (Syscall.Stat(new Fd(number), out _) != Errno.BADF) continue;
            if (Syscall.Open("/dev/null", OpenFlags.Path, out var filler) != Errno.None || filler.Number != number) filler.Close();
        }
    }

    /// <summary>Everything up to the end of the stream, or null and the error.</summary>
    public static byte[]? ReadToEnd(Fd fd, out Errno error)
    {
        var content = new byte[4096];
        for (var length = 0; ;)
        {
            error = Syscall.Read(fd, content.AsSpan(length), out var count);
            if (error != Errno.None) return null;
            if (count == 0) return content[..length];
            length += count;
            if (length == content.Length) Array.Resize(ref content, 2 * length);
        }
    }

    /// <summary>
    /// Closes what was inherited beyond the standard streams: container tools leave pipes open and then wait for their end.
    /// The runtime opens all of its own with O_CLOEXEC, so a descriptor without it came from the caller.
    /// </summary>
    /// <param name="kept">One that stays, or <see cref="Fd.None"/>.</param>
    public static void CloseInherited(Fd kept)
    {
        if (Syscall.OpenAt(DirFd.Cwd, "/proc/self/fd"u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var listing) != Errno.None) return;
        var names = new List<byte[]>();
        _ = DirectoryNames.Read(new DirFd(listing.Number), names);
        listing.Close();
        foreach (var name in names)
        {
            if (!System.Buffers.Text.Utf8Parser.TryParse(name, out int number, out var used) || used != name.Length) continue;
            if (number > 2 && number != kept.Number && Syscall.IsCloseOnExec(new Fd(number), out var closes) == Errno.None && !closes) new Fd(number).Close();
        }
    }

    /// <summary>What keeps a path /dev/fd/N from being a mount that the caller has made, as a clause; null: nothing, or it is another path.</summary>
    public static string? WhyNoMount(byte[] path)
    {
        if (!path.AsSpan().StartsWith("/dev/fd/"u8)) return null;
        var named = Named(path);
        if (!named.IsOpen) return "behind /dev/fd/ the number of a descriptor from 3 on is needed, an open and mounted /dev/fuse";
        var error = Syscall.Stat(named, out var status);
        if (error != Errno.None) return $"the descriptor is not open: {error.Describe()}";
        return status.Type == FileType.CharDevice && (status.RdevMajor, status.RdevMinor) == FuseDevice ? null : "the descriptor is not an open /dev/fuse";
    }

    /// <summary>The descriptor that a path /dev/fd/N names, or <see cref="Fd.None"/>.</summary>
    public static Fd Named(ReadOnlySpan<byte> path)
    {
        if (!path.StartsWith("/dev/fd/"u8)) return Fd.None;
        var digits = path["/dev/fd/".Length..];
        return System.Buffers.Text.Utf8Parser.TryParse(digits, out int number, out var used) && used == digits.Length && number > 2 ? new Fd(number) : Fd.None;
    }
}
