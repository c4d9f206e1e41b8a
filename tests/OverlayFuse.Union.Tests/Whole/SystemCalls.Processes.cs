using System.Runtime.InteropServices;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

// What only a mount has: mappings, locks, watches, programs that run.
internal sealed unsafe partial class SystemCalls
{
    private const int NonBlocking = 0x800;
    private readonly Dictionary<string, (nint Address, nuint Length)> _maps = [];
    private readonly Dictionary<string, Fd> _watches = [];
    private readonly Dictionary<string, int> _programs = [];

    /// <summary>mmap(2) from the start of a file, for reading, and for writing where <paramref name="write"/> says so.</summary>
    public Errno Map(string map, string descriptor, nuint length, bool shared, bool write)
    {
        var address = mmap(0, length, write ? 3 : 1, shared ? 1 : 2, _open[descriptor].Number, 0);
        if (address == -1) return (Errno)Marshal.GetLastPInvokeError();
        _maps[map] = (address, length);
        return Errno.None;
    }

    public byte[] Peek(string map, int length) => new ReadOnlySpan<byte>((void*)_maps[map].Address, length).ToArray();

    public void Poke(string map, ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>((void*)_maps[map].Address, (int)_maps[map].Length));

    /// <summary>msync(2): what is written back is in the file, errors are told.</summary>
    public Errno SyncMap(string map) => msync(_maps[map].Address, _maps[map].Length, 4) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();

    public Errno Unmap(string map) => _maps.Remove(map, out var gone) && munmap(gone.Address, gone.Length) == 0 ? Errno.None : Errno.INVAL;

    public Errno FLock(string descriptor, LockOperation operation) => Syscall.FLock(_open[descriptor], operation | LockOperation.NonBlocking);

    /// <summary>A lock of the open file description (F_OFD_SETLK), which two descriptors of one process can dispute.</summary>
    public Errno RangeLock(string descriptor, short type)
    {
        var request = stackalloc long[4]; // struct flock: type, whence (short), start, length, pid
        ((short*)request)[0] = type;
        return fcntl(_open[descriptor].Number, 37 /* F_OFD_SETLK */, request) == 0 ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
    }

    /// <summary>inotify(7): all that happens to an object.</summary>
    public Errno Watch(string watch, string target)
    {
        var error = Reach(target, OpenFlags.Path, out var fd);
        if (error != Errno.None) return error;
        var notifier = inotify_init1(NonBlocking);
        var path = Encoding.ASCII.GetBytes($"/proc/self/fd/{fd.Number}\0");
        fixed (byte* at = path)
        {
            if (inotify_add_watch(notifier, at, 0xfff) < 0) error = (Errno)Marshal.GetLastPInvokeError();
        }
        _watches[watch] = new Fd(notifier);
        return Leave(target, fd, error);
    }

    /// <summary>What a watch has seen, each kind of event once, by the names of inotify(7).</summary>
    public string[] Events(string watch)
    {
        string[] names = ["access", "modify", "attrib", "close_write", "close_nowrite", "open", "moved_from", "moved_to", "create", "delete", "delete_self", "move_self"];
        var seen = 0u;
        var buffer = new byte[65536];
        while (Syscall.Read(_watches[watch], buffer, out var length) == Errno.None && length > 0)
        {
            for (var at = 0; at < length; at += 16 + BitConverter.ToInt32(buffer, at + 12)) seen |= BitConverter.ToUInt32(buffer, at + 4);
        }
        return [.. names.Where((_, bit) => (seen & (1u << bit)) != 0)];
    }

    /// <summary>execve(2) of a program of the union, with one argument.</summary>
    public Errno Start(string program, string path, string argument)
    {
        // By the path of the mount: the descriptor is closed at exec.
        var target = new byte[4096];
        var error = Syscall.ReadLinkAt(DirFd.Cwd, Encoding.ASCII.GetBytes($"/proc/self/fd/{root.Number}"), target, out var length);
        if (error != Errno.None) return error;
        byte[] full = [.. target[..length], (byte)'/', .. At(path)];
        error = Syscall.Spawn(new SpawnRequest { File = full, Arguments = [full, Encoding.ASCII.GetBytes(argument)] }, out var pid);
        if (error == Errno.None) _programs[program] = pid;
        return error;
    }

    public Errno Stop(string program)
    {
        if (!_programs.Remove(program, out var pid)) return Errno.SRCH;
        var error = Syscall.Kill(pid, 9);
        return error == Errno.None ? Syscall.WaitPid(pid, out _) : error;
    }

    private void DisposeWatched()
    {
        foreach (var (address, length) in _maps.Values) _ = munmap(address, length);
        foreach (var fd in _watches.Values) fd.Close();
        foreach (var program in _programs.Keys.ToList()) Stop(program);
        _maps.Clear();
        _watches.Clear();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [DllImport("libc", SetLastError = true)]
    private static extern int munmap(nint address, nuint length);

    [DllImport("libc", SetLastError = true)]
    private static extern int msync(nint address, nuint length, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int fcntl(int fd, int command, long* argument);

    [DllImport("libc", SetLastError = true)]
    private static extern int inotify_init1(int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int inotify_add_watch(int fd, byte* path, uint mask);
}
