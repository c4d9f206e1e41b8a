using OverlayFuse.Linux;

namespace OverlayFuse.SideBySide;

// Single files: their bytes and their names.
internal static partial class Client
{
    public const int BlockSize = 4096;
    private const int ChunkSize = 1 << 20;

    /// <summary>Looks names up that are there, or that are not, by lstat(2).</summary>
    public static void StatMany(DirFd root, ReadOnlySpan<byte> path, char letter, int count, Errno expected)
    {
        var directory = OpenDirectory(root, path);
        var name = new Name(stackalloc byte[Name.Size]);
        for (var n = 0; n < count; n++)
        {
            if (Native.LStat(directory, name.Of(letter, n)) != expected) throw new BenchmarkException($"lstat of {letter}{n} did not give {expected}");
        }
        directory.Close();
    }

    /// <summary>Makes files of 100 bytes.</summary>
    public static void CreateMany(DirFd root, ReadOnlySpan<byte> path, int count)
    {
        Expect(Syscall.MkdirAt(root, path, DirectoryMode), "mkdir");
        var directory = OpenDirectory(root, path);
        var name = new Name(stackalloc byte[Name.Size]);
        ReadOnlySpan<byte> text = stackalloc byte[100];
        for (var n = 0; n < count; n++)
        {
            Expect(Syscall.OpenAt(directory, name.Of('n', n), OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, FileMode, out var file), "create");
            Expect(Syscall.Write(file, text, out _), "write");
            Expect(Syscall.Close(file), "close");
        }
        directory.Close();
    }

    public static void UnlinkMany(DirFd root, ReadOnlySpan<byte> path, int count)
    {
        var directory = OpenDirectory(root, path);
        var name = new Name(stackalloc byte[Name.Size]);
        for (var n = 0; n < count; n++) Expect(Syscall.UnlinkAt(directory, name.Of('n', n)), "unlink");
        directory.Close();
    }

    /// <returns>The bytes read.</returns>
    public static long ReadWhole(DirFd directory, ReadOnlySpan<byte> name, Span<byte> buffer)
    {
        var total = 0L;
        Expect(Syscall.OpenAt(directory, name, OpenFlags.ReadOnly, 0, out var file), "open");
        while (true)
        {
            Expect(Syscall.Read(file, buffer, out var count), "read");
            total += count;
            if (count == 0) break;
        }
        file.Close();
        return total;
    }

    public static void Append(DirFd directory, ReadOnlySpan<byte> name)
    {
        Expect(Syscall.OpenAt(directory, name, OpenFlags.WriteOnly | OpenFlags.Append, 0, out var file), "open to append");
        Expect(Syscall.Write(file, "x"u8, out _), "append");
        Expect(Syscall.Close(file), "close");
    }

    public static void WriteAt(DirFd directory, ReadOnlySpan<byte> name, long offset, int length)
    {
        Expect(Syscall.OpenAt(directory, name, OpenFlags.WriteOnly, 0, out var file), "open to write");
        Expect(Syscall.PWrite(file, new byte[length], offset, out _), "write");
        Expect(Syscall.Close(file), "close");
    }

    /// <summary>open(2) with O_TRUNC, as "&gt; file" of a shell.</summary>
    public static void Truncate(DirFd directory, ReadOnlySpan<byte> name)
    {
        Expect(Syscall.OpenAt(directory, name, OpenFlags.WriteOnly | OpenFlags.Truncate, 0, out var file), "open to truncate");
        Expect(Syscall.Close(file), "close");
    }

    /// <summary>Writes from the beginning in pieces; the file is made where it is not there.</summary>
    public static void Write(DirFd directory, ReadOnlySpan<byte> name, long size, int piece, bool sync)
    {
        Expect(Syscall.OpenAt(directory, name, OpenFlags.WriteOnly | OpenFlags.Create, FileMode, out var file), "open to write");
        var bytes = new byte[Math.Min(piece, size)];
        for (var at = 0L; at < size; at += bytes.Length) Expect(Syscall.Write(file, bytes.AsSpan(0, (int)Math.Min(bytes.Length, size - at)), out _), "write");
        if (sync) Expect(Syscall.FSync(file), "fsync");
        Expect(Syscall.Close(file), "close");
    }

    public static void Rewrite(DirFd directory, ReadOnlySpan<byte> name, long size) => Write(directory, name, size, ChunkSize, sync: false);

    /// <summary>Writes of 4 KiB at random places of a file, the same ones every time.</summary>
    public static void WriteRandomly(DirFd directory, ReadOnlySpan<byte> name, long size, int count)
    {
        Expect(Syscall.OpenAt(directory, name, OpenFlags.WriteOnly, 0, out var file), "open to write");
        var random = new Random(1);
        var (bytes, blocks) = (new byte[BlockSize], Math.Max(1, size / BlockSize));
        for (var n = 0; n < count; n++) Expect(Syscall.PWrite(file, bytes, random.NextInt64(blocks) * BlockSize, out _), "write");
        Expect(Syscall.Close(file), "close");
    }

    /// <summary>Threads that share a number of steps: each looks names up, reads a file and makes one.</summary>
    public static void Mix(DirFd root, ReadOnlySpan<byte> path, int threads, int steps, int files)
    {
        var directory = OpenDirectory(root, path);
        Exception? failure = null;
        var workers = Enumerable.Range(0, threads).Select(worker => new Thread(() =>
        {
            try
            {
                MixAlone(directory, worker, steps / threads, files);
            }
            catch (BenchmarkException e)
            {
                failure = e;
            }
        })).ToArray();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        directory.Close();
        if (failure is not null) throw failure;
    }

    private static void MixAlone(DirFd directory, int worker, int steps, int files)
    {
        var name = new Name(stackalloc byte[Name.Size]);
        var random = new Random(worker);
        var buffer = new byte[ChunkSize >> 4];
        for (var step = 0; step < steps; step++)
        {
            for (var n = 0; n < 4; n++) Expect(Native.LStat(directory, name.Of('f', random.Next(files))), "lstat");
            ReadWhole(directory, name.Of('f', random.Next(files)), buffer);
            Expect(Syscall.OpenAt(directory, name.Of('n', worker * steps + step), OpenFlags.WriteOnly | OpenFlags.Create, FileMode, out var file), "create");
            Expect(Syscall.Write(file, buffer.AsSpan(0, 100), out _), "write");
            Expect(Syscall.Close(file), "close");
        }
    }
}
