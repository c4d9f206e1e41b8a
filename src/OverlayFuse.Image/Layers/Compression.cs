using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>What a stream is packed with, by its first bytes: nothing, gzip, or what zstd(1), xz(1) and bzip2(1) unpack.</summary>
public static class Compression
{
    /// <summary>Opens a file and gives what was packed into it.</summary>
    /// <exception cref="RefusedException">It cannot be opened, or its form is not known here.</exception>
    public static Stream Open(string path)
    {
        var file = OpenFile(path);
        return NameOf(file) switch
        {
            null => file,
            "gzip" => new GzipOutput(file),
            var tool => Unpack(tool, file, path),
        };
    }

    /// <summary>How a file is packed, by the name of the tool that does it; null: not at all. The file is read from its beginning again.</summary>
    public static string? NameOf(FileStream file)
    {
        Span<byte> buffer = stackalloc byte[6];
        ReadOnlySpan<byte> magic = buffer[..file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        file.Position = 0;
        if (magic.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b])) return "gzip";
        if (magic.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd])) return "zstd";
        if (magic.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0])) return "xz";
        return magic.StartsWith("BZh"u8) ? "bzip2" : null;
    }

    internal static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var error = Syscall.Stat(path, out _);
            throw new RefusedException($"cannot open {path}: {(error != Errno.None ? error.Describe() : e is IOException ? FileErrors.Reason(e) : "it cannot be read")}.");
        }
    }

    private static FilterOutput Unpack(string tool, FileStream file, string path)
    {
        if (Syscall.Pipe(out var read, out var write) is not Errno.None and var noPipe) throw new RefusedException($"cannot unpack {path}: {noPipe.Describe()}.");
        var error = Syscall.Spawn(new SpawnRequest
        {
            File = System.Text.Encoding.ASCII.GetBytes(tool),
            Arguments = [System.Text.Encoding.ASCII.GetBytes(tool), "-dc"u8.ToArray()],
            Descriptors = [(new Fd((int)file.SafeFileHandle.DangerousGetHandle()), 0), (write, 1)],
        }, out var pid);
        write.Close();
        file.Dispose(); // the program has it
        if (error == Errno.None) return new FilterOutput(read, pid, tool);
        read.Close();
        throw new RefusedException($"cannot unpack {path}: it is compressed with {tool}, and {tool}(1) cannot be started ({error.Describe()}). " +
            $"Install the package {(tool == "xz" ? "xz-utils" : tool)}.");
    }
}
