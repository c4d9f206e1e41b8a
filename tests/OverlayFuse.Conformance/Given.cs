using System.Text;

namespace OverlayFuse.Conformance;

/// <summary>An object that a case starts with.</summary>
internal sealed record Given(string Path, FileType Type, int Mode)
{
    public byte[] Content { get; private init; } = [];

    /// <summary>Of a symbolic link; of a regular file: the file that it is a further name of.</summary>
    public string? Target { get; private init; }

    public (uint Uid, uint Gid)? Owner { get; private init; }

    public (uint Major, uint Minor) Device { get; private init; }

    public (string Name, byte[] Value)[] Attributes { get; private init; } = [];

    /// <summary>The size of a file with a hole at its end.</summary>
    public long Size { get; private init; }

    public static Given AFile(string path, string content = "", int mode = 644) => new(path, FileType.Regular, mode) { Content = Encoding.UTF8.GetBytes(content) };

    public static Given ADirectory(string path, int mode = 755) => new(path, FileType.Directory, mode);

    /// <summary>The directory that the case runs in.</summary>
    public static Given Here(int mode) => new(".", FileType.Directory, mode);

    public static Given ASymlink(string path, string target) => new(path, FileType.Symlink, 777) { Target = target };

    public static Given AHardLink(string path, string target) => new(path, FileType.Regular, 0) { Target = target };

    public static Given AFifo(string path, int mode = 644) => new(path, FileType.Fifo, mode);

    public static Given ASocket(string path, int mode = 644) => new(path, FileType.Socket, mode);

    public static Given ACharDevice(string path, uint major, uint minor, int mode = 666) => new(path, FileType.CharDevice, mode) { Device = (major, minor) };

    public static Given ABlockDevice(string path, uint major, uint minor, int mode = 600) => new(path, FileType.BlockDevice, mode) { Device = (major, minor) };

    public Given OwnedBy(uint uid, uint gid) => this with { Owner = (uid, gid) };

    public Given With(string attribute, byte[] value) => this with { Attributes = [.. Attributes, (attribute, value)] };

    public Given With(string attribute, string value) => With(attribute, Encoding.UTF8.GetBytes(value));

    public Given OfSize(long size) => this with { Size = size };

    /// <summary>Makes it in a directory. The mode comes last but one: chown(2) clears setuid, a 0555 directory takes no names.</summary>
    public void Make(string root, uint uid, uint gid)
    {
        var path = PathIn(root);
        switch (Type)
        {
            case FileType.Regular when Target is not null:
                Link($"{root}/{Target}", path).Ok();
                return;
            case FileType.Directory:
                Mkdir(path, 755).Is(None, EXIST);
                break;
            case FileType.Symlink:
                Symlink(Target!, path).Ok();
                break;
            case FileType.Regular:
                var file = Open(path, O_CREAT | O_EXCL | O_RDWR, 600).Ok();
                if (Content.Length > 0) Write(file, Content).Gives(Content.Length);
                if (Size > 0) FTruncate(file, Size).Ok();
                Close(file).Ok();
                break;
            default:
                Mknod(path, (uint)Type, 600, Device.Major, Device.Minor).Ok();
                break;
        }
        var (owner, group) = Owner ?? (uid, gid);
        LChown(path, owner, group).Ok();
        foreach (var (name, value) in Attributes) LSetXattr(path, name, value).Ok();
    }

    /// <summary>Last of all, when everything beneath is made.</summary>
    public void SetMode(string root)
    {
        if (Type != FileType.Symlink && (Type != FileType.Regular || Target is null)) Chmod(PathIn(root), Mode).Ok();
    }

    private string PathIn(string root) => Path == "." ? root : $"{root}/{Path}";
}
