using System.Text;

namespace OverlayFuse.Conformance;

// Modes, owners, times, extended attributes.
internal static partial class Calls
{
    public static readonly Timestamp Now = Timestamp.Now;
    public static readonly Timestamp Omit = Timestamp.Omit;

    public static Result Chmod(string path, int mode) => Result.Of($"chmod({path}, {mode})", Native.chmod(path, Octal(mode)));

    public static Result FChmod(int fd, int mode) => Result.Of($"fchmod({mode})", Native.fchmod(fd, Octal(mode)));

    public static Result FChmodAt(string path, int mode, int flags) => Result.Of($"fchmodat({path}, {mode}, {flags:x})", Native.fchmodat(AT_FDCWD, path, Octal(mode), flags));

    public static Result Chown(string path, uint uid, uint gid) => Result.Of($"chown({path}, {uid}, {gid})", Native.fchownat(AT_FDCWD, path, uid, gid, 0));

    public static Result LChown(string path, uint uid, uint gid) =>
        Result.Of($"lchown({path}, {uid}, {gid})", Native.fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW));

    public static Result FChown(int fd, uint uid, uint gid) => Result.Of($"fchown({uid}, {gid})", Native.fchown(fd, uid, gid));

    public static unsafe Result Utimens(string path, Timestamp access, Timestamp modify, int flags = 0)
    {
        var times = stackalloc long[4] { access.Seconds, access.Nanoseconds, modify.Seconds, modify.Nanoseconds };
        return Result.Of($"utimensat({path}, {access}, {modify}, {flags:x})", Native.utimensat(AT_FDCWD, path, times, flags));
    }

    /// <summary>utimensat(2) without times: both are set to now.</summary>
    public static unsafe Result Touch(string path) => Result.Of($"utimensat({path}, NULL)", Native.utimensat(AT_FDCWD, path, null, 0));

    public static unsafe Result FUtimens(int fd, Timestamp access, Timestamp modify)
    {
        var times = stackalloc long[4] { access.Seconds, access.Nanoseconds, modify.Seconds, modify.Nanoseconds };
        return Result.Of("futimens", Native.futimens(fd, times));
    }

    public static Result Access(string path, int mode, int flags = 0) => Result.Of($"faccessat({path}, {mode}, {flags:x})", Native.faccessat(AT_FDCWD, path, mode, flags));

    public static Result Truncate(string path, long size) => Result.Of($"truncate({path}, {size})", Native.truncate(path, size));

    /// <summary>stat(2): links are followed.</summary>
    public static FileStatus Stat(string path)
    {
        TryStat(path, out var status).Ok();
        return status;
    }

    public static Result TryStat(string path, out FileStatus status) => new($"stat({path})", 0, Syscall.Stat(path, out status));

    public static Result TryStat(string path) => TryStat(path, out _);

    public static FileStatus LStat(string path)
    {
        TryLStat(path, out var status).Ok();
        return status;
    }

    public static Result TryLStat(string path, out FileStatus status) =>
        new($"lstat({path})", 0, Syscall.StatAt(DirFd.Cwd, Encoding.UTF8.GetBytes(path), cached: false, out status));

    public static Result TryLStat(string path) => TryLStat(path, out _);

    public static FileStatus FStat(int fd)
    {
        new Result("fstat", 0, Syscall.Stat(new Fd(fd), out var status)).Ok();
        return status;
    }

    /// <summary>The permissions of an object as octal digits; links are not followed.</summary>
    public static int ModeOf(string path) => Digits(LStat(path).Mode);

    public static uint LinksOf(string path) => LStat(path).LinkCount;

    public static long SizeOf(string path) => (long)LStat(path).Size;

    public static FileType TypeOf(string path) => LStat(path).Type;

    public static (uint Uid, uint Gid) OwnerOf(string path) => LStat(path) is var status ? (status.Uid, status.Gid) : default;

    public static Result SetXattr(string path, string name, byte[] value, int flags = 0) =>
        Result.Of($"setxattr({path}, {name}, {value.Length} bytes, {flags})", Native.setxattr(path, name, value, (nuint)value.Length, flags));

    public static Result SetXattr(string path, string name, string value, int flags = 0) => SetXattr(path, name, Encoding.UTF8.GetBytes(value), flags);

    public static Result LSetXattr(string path, string name, byte[] value, int flags = 0) =>
        Result.Of($"lsetxattr({path}, {name}, {value.Length} bytes, {flags})", Native.lsetxattr(path, name, value, (nuint)value.Length, flags));

    public static Result FSetXattr(int fd, string name, string value, int flags = 0) =>
        Result.Of($"fsetxattr({name})", Native.fsetxattr(fd, name, Encoding.UTF8.GetBytes(value), (nuint)value.Length, flags));

    public static Result GetXattr(string path, string name, out byte[] value, int size = 65536)
    {
        var buffer = new byte[size];
        var result = Result.Of($"getxattr({path}, {name}, {size})", Native.getxattr(path, name, buffer, (nuint)size));
        value = result.Value > 0 && size > 0 ? buffer[..(int)result.Value] : [];
        return result;
    }

    public static Result GetXattr(string path, string name) => GetXattr(path, name, out _);

    public static Result LGetXattr(string path, string name) => Result.Of($"lgetxattr({path}, {name})", Native.lgetxattr(path, name, new byte[65536], 65536));

    public static Result FGetXattr(int fd, string name) => Result.Of($"fgetxattr({name})", Native.fgetxattr(fd, name, new byte[65536], 65536));

    public static string XattrOf(string path, string name)
    {
        GetXattr(path, name, out var value).Is(None);
        return Encoding.UTF8.GetString(value);
    }

    public static Result ListXattr(string path, out string[] names, int size = 65536)
    {
        var buffer = new byte[size];
        var result = Result.Of($"listxattr({path}, {size})", Native.listxattr(path, buffer, (nuint)size));
        names = result.Value > 0 && size > 0 ? Encoding.UTF8.GetString(buffer, 0, (int)result.Value).Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];
        return result;
    }

    public static Result LListXattr(string path) => Result.Of($"llistxattr({path})", Native.llistxattr(path, new byte[65536], 65536));

    public static Result RemoveXattr(string path, string name) => Result.Of($"removexattr({path}, {name})", Native.removexattr(path, name));

    public static Result LRemoveXattr(string path, string name) => Result.Of($"lremovexattr({path}, {name})", Native.lremovexattr(path, name));
}
