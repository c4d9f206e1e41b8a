using System.Text;

namespace OverlayFuse.Conformance;

/// <summary>
/// The vocabulary of the cases: system calls by their names, from the directory of the case. Modes are written as their octal digits, so 755
/// is rwxr-xr-x.
/// </summary>
internal static partial class Calls
{
    /// <summary>The number that octal digits stand for: 755 is 493.</summary>
    public static uint Octal(int digits) => Convert.ToUInt32(digits.ToString(System.Globalization.CultureInfo.InvariantCulture), 8);

    public static int Digits(uint mode) => int.Parse(Convert.ToString(mode & Mode.Permissions, 8), System.Globalization.CultureInfo.InvariantCulture);

    public static Result Open(string path, int flags, int mode = 644) =>
        Result.Of($"open({path}, 0x{flags:x}, {mode})", Native.open(path, flags | O_CLOEXEC, Octal(mode)));

    public static Result OpenAt(int dir, string path, int flags, int mode = 644) =>
        Result.Of($"openat({dir}, {path}, 0x{flags:x}, {mode})", Native.openat(dir, path, flags | O_CLOEXEC, Octal(mode)));

    /// <summary>open(2), and close(2) when it succeeds.</summary>
    public static Result TryOpen(string path, int flags, int mode = 644)
    {
        var result = Open(path, flags, mode);
        if (result.Error == None) _ = Native.close((int)result.Value);
        return result;
    }

    public static Result Close(int fd) => Result.Of("close", Native.close(fd));

    public static Result Dup(int fd) => Result.Of("dup", Native.dup(fd));

    public static Result Mkdir(string path, int mode = 755) => Result.Of($"mkdir({path}, {mode})", Native.mkdir(path, Octal(mode)));

    /// <summary>mkdir(2) of a name that is not text.</summary>
    public static Result Mkdir(byte[] path) => Result.Of($"mkdir({Convert.ToHexString(path)})", Native.mkdir([.. path, 0], Octal(755)));

    public static Result MkdirAt(int dir, string path, int mode = 755) => Result.Of($"mkdirat({path}, {mode})", Native.mkdirat(dir, path, Octal(mode)));

    public static Result Mknod(string path, uint type, int mode = 644, uint major = 0, uint minor = 0) =>
        Result.Of($"mknod({path}, {(FileType)type} {mode}, {major}:{minor})", Native.mknod(path, type | Octal(mode), DeviceNumber(major, minor)));

    public static Result Mkfifo(string path, int mode = 644) => Mknod(path, S_IFIFO, mode);

    public static Result Unlink(string path) => Result.Of($"unlink({path})", Native.unlink(path));

    public static Result UnlinkAt(int dir, string path, int flags = 0) => Result.Of($"unlinkat({path}, {flags:x})", Native.unlinkat(dir, path, flags));

    public static Result Rmdir(string path) => Result.Of($"rmdir({path})", Native.rmdir(path));

    public static Result Rename(string from, string to, uint flags = 0) =>
        Result.Of($"rename({from}, {to}, {flags:x})", Native.renameat2(AT_FDCWD, from, AT_FDCWD, to, flags));

    public static Result Link(string from, string to, int flags = 0) =>
        Result.Of($"link({from}, {to}, {flags:x})", Native.linkat(AT_FDCWD, from, AT_FDCWD, to, flags));

    /// <summary>Gives an open file a name. /proc/thread-self, for the descriptors of a case are its thread's alone.</summary>
    public static Result LinkFile(int fd, string to) =>
        Result.Of($"linkat(fd, {to})", Native.linkat(AT_FDCWD, $"/proc/thread-self/fd/{fd}", AT_FDCWD, to, AT_SYMLINK_FOLLOW));

    public static Result Symlink(string target, string path) => Result.Of($"symlink({target}, {path})", Native.symlink(target, path));

    public static Result ReadLink(string path, out string target, int size = PATH_MAX)
    {
        var buffer = new byte[size];
        var result = Result.Of($"readlink({path})", Native.readlink(path, buffer, (nuint)size));
        target = result.Value > 0 ? Encoding.UTF8.GetString(buffer, 0, (int)result.Value) : "";
        return result;
    }

    public static Result ReadLink(string path) => ReadLink(path, out _);

    public static Result Chdir(string path) => Result.Of($"chdir({path})", Native.chdir(path));

    public static Result Fchdir(int fd) => Result.Of("fchdir", Native.fchdir(fd));

    public static string CurrentDirectory()
    {
        var buffer = new byte[PATH_MAX];
        var result = Result.Of("getcwd", Native.getcwd(buffer, PATH_MAX) == 0 ? -1 : 0);
        result.Ok();
        return Encoding.UTF8.GetString(buffer, 0, Array.IndexOf(buffer, (byte)0));
    }

    // The dev_t of glibc (gnu_dev_makedev(3)).
    private static ulong DeviceNumber(uint major, uint minor) =>
        ((ulong)(major & 0xfffff000) << 32) | ((ulong)(major & 0xfff) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xff);
}
