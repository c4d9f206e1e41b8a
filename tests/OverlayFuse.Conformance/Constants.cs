namespace OverlayFuse.Conformance;

/// <summary>Numbers of the system calls, by the names of the manual pages.</summary>
internal static class Constants
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = (int)OpenFlags.WriteOnly;
    public const int O_RDWR = (int)OpenFlags.ReadWrite;
    public const int O_ACCMODE = (int)OpenFlags.AccessMode;
    public const int O_CREAT = (int)OpenFlags.Create;
    public const int O_EXCL = (int)OpenFlags.Exclusive;
    public const int O_TRUNC = (int)OpenFlags.Truncate;
    public const int O_APPEND = (int)OpenFlags.Append;
    public const int O_NONBLOCK = (int)OpenFlags.NonBlock;
    public const int O_DSYNC = (int)OpenFlags.DSync;
    public const int O_SYNC = (int)OpenFlags.Sync;
    public const int O_DIRECT = (int)OpenFlags.Direct;
    public const int O_DIRECTORY = (int)OpenFlags.Directory;
    public const int O_NOFOLLOW = (int)OpenFlags.NoFollow;
    public const int O_NOATIME = (int)OpenFlags.NoAtime;
    public const int O_CLOEXEC = (int)OpenFlags.CloseOnExec;
    public const int O_PATH = (int)OpenFlags.Path;
    public const int O_TMPFILE = (int)OpenFlags.TmpFile;

    public const int SIGKILL = 9;

    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int AT_EACCESS = 0x200;
    public const int AT_REMOVEDIR = 0x200;
    public const int AT_SYMLINK_FOLLOW = 0x400;
    public const int AT_EMPTY_PATH = 0x1000;

    public const int R_OK = 4;
    public const int W_OK = 2;
    public const int X_OK = 1;
    public const int F_OK = 0;

    public const uint S_IFREG = (uint)FileType.Regular;
    public const uint S_IFIFO = (uint)FileType.Fifo;
    public const uint S_IFCHR = (uint)FileType.CharDevice;
    public const uint S_IFBLK = (uint)FileType.BlockDevice;
    public const uint S_IFSOCK = (uint)FileType.Socket;
    public const uint S_IFDIR = (uint)FileType.Directory;
    public const uint S_IFLNK = (uint)FileType.Symlink;

    public const uint RENAME_NOREPLACE = 1;
    public const uint RENAME_EXCHANGE = 2;
    public const uint RENAME_WHITEOUT = 4;

    public const int XATTR_CREATE = 1;
    public const int XATTR_REPLACE = 2;

    public const int SEEK_SET = 0;
    public const int SEEK_CUR = 1;
    public const int SEEK_END = 2;
    public const int SEEK_DATA = 3;
    public const int SEEK_HOLE = 4;

    public const int FALLOC_FL_KEEP_SIZE = 1;
    public const int FALLOC_FL_PUNCH_HOLE = 2;
    public const int FALLOC_FL_COLLAPSE_RANGE = 8;
    public const int FALLOC_FL_ZERO_RANGE = 16;
    public const int FALLOC_FL_INSERT_RANGE = 32;

    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int PROT_EXEC = 4;
    public const int MAP_SHARED = 1;
    public const int MAP_PRIVATE = 2;

    public const int LOCK_SH = 1;
    public const int LOCK_EX = 2;
    public const int LOCK_NB = 4;
    public const int LOCK_UN = 8;

    public const short F_RDLCK = 0;
    public const short F_WRLCK = 1;
    public const short F_UNLCK = 2;
    public const int F_DUPFD = 0;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_GETLK = 5;
    public const int F_SETLK = 6;
    public const int F_SETLKW = 7;
    public const int F_OFD_GETLK = 36;
    public const int F_OFD_SETLK = 37;
    public const int F_OFD_SETLKW = 38;
    public const int F_SETLEASE = 1024;
    public const int F_GETLEASE = 1025;

    public const uint IN_ACCESS = 0x1;
    public const uint IN_MODIFY = 0x2;
    public const uint IN_ATTRIB = 0x4;
    public const uint IN_CLOSE_WRITE = 0x8;
    public const uint IN_CLOSE_NOWRITE = 0x10;
    public const uint IN_OPEN = 0x20;
    public const uint IN_MOVED_FROM = 0x40;
    public const uint IN_MOVED_TO = 0x80;
    public const uint IN_CREATE = 0x100;
    public const uint IN_DELETE = 0x200;
    public const uint IN_DELETE_SELF = 0x400;
    public const uint IN_MOVE_SELF = 0x800;
    public const uint IN_ISDIR = 0x40000000;
    public const uint IN_ONLYDIR = 0x01000000;

    public const short POLLIN = 1;
    public const short POLLHUP = 16;

    public const uint FS_IOC_GETFLAGS = 0x80086601;
    public const uint FS_IOC_SETFLAGS = 0x40086602;
    public const uint FS_IOC_FSGETXATTR = 0x801C581F;
    public const uint FS_IMMUTABLE_FL = 0x10;
    public const uint FS_APPEND_FL = 0x20;
    public const uint FIONREAD = 0x541B;

    public const int NAME_MAX = 255;
    public const int PATH_MAX = 4096;

    /// <summary>For chown(2): leave the id as it is.</summary>
    public const uint Keep = uint.MaxValue;

    /// <summary>Ids of nobody in particular; what the cases of root act as.</summary>
    public const uint Alice = 60001;

    public const uint Bob = 60002;
    public const uint Staff = 60010;
    public const uint Guests = 60011;
}
