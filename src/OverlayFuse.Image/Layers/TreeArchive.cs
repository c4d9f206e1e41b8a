using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Image;

/// <summary>Writes a directory tree into an archive: owners, modes, times, attributes, and hard links among its files.</summary>
public sealed class TreeArchive(TarWriter archive)
{
    private const int LargestValue = 65536;

    /// <summary>What is left out, by the name it would have.</summary>
    public Func<byte[], bool>? Skips { get; init; }

    /// <summary>What is in a directory that is left out is asked for by its own name.</summary>
    public bool LooksIntoSkipped { get; init; }

    /// <summary>Changes each entry before it is written.</summary>
    public Action<TarEntry>? Adjust { get; init; }

    private readonly Dictionary<(ulong Device, ulong Inode), byte[]> _links = [];
    private readonly List<TarEntry> _waiting = []; // directories that are left out unless something in them is not
    private readonly byte[] _buffer = new byte[1 << 16];

    /// <summary>Everything below <paramref name="root"/>, each name behind <paramref name="prefix"/>; the root itself too when that is empty.</summary>
    public void Write(DirFd root, byte[] prefix)
    {
        if (prefix.Length == 0) Add(root, "."u8.ToArray(), "./"u8.ToArray());
        Descend(root, prefix);
    }

    /// <summary>Everything below <paramref name="root"/>, and not the root itself.</summary>
    public void WriteContents(DirFd root) => Descend(root, []);

    /// <summary>One name of <paramref name="directory"/> as <paramref name="stored"/>, with what is below it.</summary>
    public void WriteName(DirFd directory, byte[] name, byte[] stored)
    {
        var waiting = _waiting.Count;
        if (!Add(directory, name, stored)) return;
        var inside = OpenDirectory(directory, name, stored);
        Descend(inside, [.. stored, (byte)'/']);
        inside.Close();
        if (_waiting.Count > waiting) _waiting.RemoveAt(waiting);
    }

    /// <summary>The object alone. True: it is a directory.</summary>
    public bool Add(DirFd directory, byte[] name, byte[] stored)
    {
        Check("look at", stored, Syscall.StatAt(directory, name, cached: false, out var status));
        if (status.Type is FileType.Socket) return false; // nothing can be done with one but by its maker
        var isSkipped = Skips?.Invoke(stored) == true;
        if (isSkipped && !(status.IsDirectory && LooksIntoSkipped)) return false;
        if (UserNamespace.HasOneUser) AskOwner(directory, name, ref status);
        var entry = Entry(stored, status);
        if (isSkipped)
        {
            ReadXattrs(directory, name, entry);
            _waiting.Add(entry);
            return true;
        }
        WriteWaiting();
        Adjust?.Invoke(entry);
        if (!status.IsDirectory && status.LinkCount > 1)
        {
            if (_links.TryGetValue((status.Device, status.Inode), out var first)) (entry.Kind, entry.Target) = (TarKind.HardLink, first);
            else _links.Add((status.Device, status.Inode), entry.Name);
        }
        if (entry.Kind == TarKind.HardLink)
        {
            archive.Begin(entry);
            return false;
        }
        ReadXattrs(directory, name, entry);
        if (entry.Kind == TarKind.SymbolicLink) entry.Target = ReadLink(directory, name, stored);
        if (entry.Kind == TarKind.File) WriteFile(directory, name, entry, (long)status.Size);
        else archive.Begin(entry);
        return status.IsDirectory;
    }

    private void WriteWaiting()
    {
        foreach (var entry in _waiting)
        {
            Adjust?.Invoke(entry);
            archive.Begin(entry);
        }
        _waiting.Clear();
    }

    // Of whom an object of a union is that shows everything as its one user's: the union tells by the attribute that it is kept in.
    private static void AskOwner(DirFd directory, byte[] name, ref FileStatus status)
    {
        Span<byte> value = stackalloc byte[OverrideStat.MaxLength];
        if (Syscall.GetXattrAt(directory, name, MarkNames.OverrideStatContainers, value, out var length) != Errno.None || !OverrideStat.TryParse(value[..length], out var kept)) return;
        (status.Uid, status.Gid) = (kept.Uid, kept.Gid);
    }

    private static TarEntry Entry(byte[] stored, in FileStatus status) => new()
    {
        Kind = status.Type switch
        {
            FileType.Directory => TarKind.Directory,
            FileType.Symlink => TarKind.SymbolicLink,
            FileType.CharDevice => TarKind.CharDevice,
            FileType.BlockDevice => TarKind.BlockDevice,
            FileType.Fifo => TarKind.Fifo,
            _ => TarKind.File,
        },
        Name = status.IsDirectory && stored is not [.., (byte)'/'] ? [.. stored, (byte)'/'] : stored,
        Mode = status.Mode & Mode.Permissions,
        Uid = status.Uid,
        Gid = status.Gid,
        ModifyTime = new Timestamp(status.ModifyTime.Seconds, 0), // whole seconds: a pax header for each file would double the small ones
        DeviceMajor = status.RdevMajor,
        DeviceMinor = status.RdevMinor,
    };

    // In the order of names: the same tree makes the same archive.
    private void Descend(DirFd directory, byte[] prefix)
    {
        var names = new List<byte[]>();
        Check("list", prefix, DirectoryNames.Read(directory, names));
        names.Sort((a, b) => a.AsSpan().SequenceCompareTo(b));
        foreach (var name in names) WriteName(directory, name, [.. prefix, .. name]);
    }

    private void WriteFile(DirFd directory, byte[] name, TarEntry entry, long size)
    {
        Check("read", entry.Name, Syscall.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlock, 0, out var file)); // it may be a pipe by now
        try
        {
            entry.Size = size;
            archive.Begin(entry);
            for (var rest = size; rest > 0;)
            {
                Check("read", entry.Name, Syscall.Read(file, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, rest)), out var count));
                if (count == 0) _buffer.AsSpan(0, count = (int)Math.Min(_buffer.Length, rest)).Clear(); // cut meanwhile; the header has the old size
                archive.Content(_buffer.AsSpan(0, count));
                rest -= count;
            }
            archive.EndContent(size);
        }
        finally
        {
            file.Close();
        }
    }

    private static byte[] ReadLink(DirFd directory, byte[] name, byte[] stored)
    {
        var target = new byte[4096];
        Check("read", stored, Syscall.ReadLinkAt(directory, name, target, out var length));
        return target[..length];
    }

    private static void ReadXattrs(DirFd directory, byte[] name, TarEntry entry)
    {
        var list = new byte[LargestValue];
        if (Syscall.ListXattrAt(directory, name, list, out var length) != Errno.None) return;
        foreach (var range in list.AsSpan(0, length).Split((byte)0))
        {
            var attribute = list.AsSpan(range);
            if (attribute.IsEmpty || MarkNames.IsPrivate(attribute) || attribute.SequenceEqual(XattrCopy.Label)) continue;
            var value = new byte[LargestValue];
            if (Syscall.GetXattrAt(directory, name, attribute, value, out var size) == Errno.None) entry.Xattrs.Add((attribute.ToArray(), value[..size]));
        }
    }

    private static DirFd OpenDirectory(DirFd directory, byte[] name, byte[] stored)
    {
        Check("open", stored, Syscall.OpenAt(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var inside));
        return new DirFd(inside.Number);
    }

    private static void Check(string deed, byte[] path, Errno error)
    {
        if (error != Errno.None) throw new RefusedException($"cannot {deed} {EntryPath.Show(path)} for the archive: {error.Describe()}.");
    }
}
