using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Image;

/// <summary>Applies an archive to a directory by the rules of OCI layers; whatever the archive says, nothing outside is touched.</summary>
/// <remarks>
/// OCI image-spec layer.md. A directory over a directory replaces its attributes and keeps what is in it; anything else over anything
/// removes what was there. The last component of a path is never followed, the others not out of <paramref name="root"/>.
/// </remarks>
public sealed class LayerApplier(DirFd root) : IDisposable
{
    private const int MaxDevices = 4096;
    private const int LongestAttribute = 255; // XATTR_NAME_MAX
    private const uint OwnerOnly = Mode.OwnerReadWrite; // until the owner is right

    private readonly LayerParents _parents = new(root);
    private readonly List<(byte[] Path, Timestamp Time)> _directoryTimes = [];
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _devices;
    private bool? _takesOwners;

    /// <summary>Whether ".wh." names are whiteouts; else they are names as any other.</summary>
    public bool TakesMarks { get; init; } = true;

    /// <summary>Refuses to put a file in the place of a directory, or the other way round.</summary>
    public bool KeepsKinds { get; init; }

    /// <summary>Where owners, modes and the types of devices are kept, if not in the objects: the layer is one that a user makes who has no other ids than his own.</summary>
    public OverrideForm KeepsOwnersIn { get; init; }

    /// <summary>Changes each entry before it is placed: its name, its owner.</summary>
    public Action<TarEntry>? Adjust { get; init; }

    /// <summary>Called before each piece of a file.</summary>
    public Action? BeforeContent { get; set; }

    /// <summary>Entries whose owner could not be given: ids that are not mapped here.</summary>
    public int WithoutOwner { get; private set; }

    /// <summary>Devices left out, which only root may make.</summary>
    public int WithoutDevice { get; private set; }

    /// <summary>Bytes of files.</summary>
    public long Size { get; private set; }

    /// <exception cref="InvalidDataException">The archive is broken or hostile; the message goes on with "it".</exception>
    /// <exception cref="RefusedException">The disk is full, or the like.</exception>
    public void Apply(TarReader archive)
    {
        var marks = new LayerMarks(_parents);
        _parents.Making = archive.CountName;
        if (KeepsOwnersIn != OverrideForm.None) MarkRoot();
        while (archive.Next() is { } entry)
        {
            Adjust?.Invoke(entry);
            var path = EntryPath.Parse(entry.Name);
            if (path.Count == 0)
            {
                if (entry.Kind == TarKind.Directory) Finish(root, "."u8.ToArray(), entry, path);
                continue;
            }
            if (TakesMarks && marks.Take(path)) continue;
            if (TakesMarks && entry is { Kind: TarKind.CharDevice, DeviceMajor: 0, DeviceMinor: 0 }) marks.Hide(path);
            else Place(archive, entry, path);
        }
        if (TakesMarks) marks.Carry();
        RestoreTimes();
    }

    public void Dispose() => _parents.Dispose();

    private void Place(TarReader archive, TarEntry entry, List<byte[]> path)
    {
        var directory = _parents.Open(path[..^1]);
        var name = path[^1];
        var error = Make(archive, directory, name, entry);
        if (error == Errno.EXIST)
        {
            if (entry.Kind == TarKind.Directory && IsDirectory(directory, name)) error = Errno.None;
            else
            {
                if (KeepsKinds && (entry.Kind == TarKind.Directory || IsDirectory(directory, name))) throw new RefusedException(MixedKinds(entry, path));
                directory = Clear(path);
                error = Make(archive, directory, name, entry);
            }
        }
        if (error == Errno.PERM && entry.Kind is TarKind.CharDevice or TarKind.BlockDevice)
        {
            WithoutDevice++;
            return;
        }
        if (error != Errno.None) throw Cannot("make", path, error);
        if (entry.Kind != TarKind.HardLink) Finish(directory, name, entry, path);
    }

    // It says that there are marks at all. An entry of the archive for it may say more.
    private void MarkRoot()
    {
        var error = Overrides.Store(KeepsOwnersIn, root, "."u8, new FileStatus { Mode = (uint)FileType.Directory | Overrides.BackingMode });
        if (error != Errno.None) throw Cannot("mark the root", [], error);
    }

    private Errno Make(TarReader archive, DirFd directory, byte[] name, TarEntry entry) => entry.Kind switch
    {
        TarKind.Fifo or TarKind.CharDevice or TarKind.BlockDevice when KeepsOwnersIn != OverrideForm.None => Stand(directory, name),
        TarKind.Directory => Syscall.MkdirAt(directory, name, OwnerOnly | Mode.OwnerExecute),
        TarKind.SymbolicLink => entry.Target.Length > 0 ? Syscall.SymlinkAt(entry.Target, directory, name) : throw new InvalidDataException($"the link {EntryPath.Show(entry.Name)} points to nothing"),
        TarKind.HardLink => Link(directory, name, entry),
        TarKind.Fifo => Syscall.MknodAt(directory, name, (uint)FileType.Fifo | OwnerOnly, 0, 0),
        TarKind.CharDevice => Device(directory, name, FileType.CharDevice, entry),
        TarKind.BlockDevice => Device(directory, name, FileType.BlockDevice, entry),
        _ => Fill(archive, directory, name),
    };

    // For an object of another type, which its mark says.
    private Errno Stand(DirFd directory, byte[] name)
    {
        if (++_devices > MaxDevices) throw TooManyDevices();
        return Syscall.MknodAt(directory, name, (uint)FileType.Regular | OwnerOnly, 0, 0);
    }

    private Errno Device(DirFd directory, byte[] name, FileType type, TarEntry entry)
    {
        if (++_devices > MaxDevices) throw TooManyDevices();
        return Syscall.MknodAt(directory, name, (uint)type | OwnerOnly, entry.DeviceMajor, entry.DeviceMinor);
    }

    private Errno Link(DirFd directory, byte[] name, TarEntry entry)
    {
        var target = EntryPath.Parse(entry.Target);
        if (target.Count == 0) throw new InvalidDataException($"{EntryPath.Show(entry.Name)} is a hard link to the root");

        // Opened apart: the parents keep one directory only, which is that of the new name.
        using var others = new LayerParents(root);
        var from = others.Open(target[..^1]);
        var error = Syscall.StatAt(from, target[^1], cached: false, out var status);
        if (error == Errno.None && status.IsDirectory) throw new InvalidDataException($"{EntryPath.Show(entry.Name)} is a hard link to a directory");
        if (error == Errno.None) error = Syscall.LinkAt(from, target[^1], directory, name);
        return error == Errno.NOENT ? throw new InvalidDataException($"{EntryPath.Show(entry.Name)} is a hard link to {EntryPath.Show(entry.Target)}, which the layer does not have") : error;
    }

    private Errno Fill(TarReader archive, DirFd directory, byte[] name)
    {
        var error = Syscall.OpenAt(directory, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, OwnerOnly, out var file);
        if (error != Errno.None) return error;
        var isWhole = false;
        try
        {
            for (int count; error == Errno.None && (count = archive.Read(_buffer)) > 0;)
            {
                BeforeContent?.Invoke();
                Size += count;
                error = Syscall.WriteAll(file, _buffer.AsSpan(0, count));
            }
            isWhole = error == Errno.None;
            return error;
        }
        finally
        {
            file.Close();
            if (!isWhole) _ = Syscall.UnlinkAt(directory, name); // half a file looks like one
        }
    }

    // Owner before mode: chown takes set-uid away. Attributes after the owner: it takes capabilities away, too. Times last.
    private void Finish(DirFd directory, byte[] name, TarEntry entry, List<byte[]> path)
    {
        var error = KeepsOwnersIn == OverrideForm.None ? GiveOwnerAndMode(directory, name, entry) : KeepOwnerAndMode(directory, name, entry);
        foreach (var (attribute, value) in entry.Xattrs)
        {
            if (error == Errno.None) error = SetXattr(directory, name, attribute, value);
        }
        if (entry.Kind == TarKind.Directory) _directoryTimes.Add((EntryPath.Join(path), entry.ModifyTime));
        else if (error == Errno.None) error = Syscall.UtimensAt(directory, name, entry.ModifyTime, entry.ModifyTime);
        if (error != Errno.None) throw Cannot("finish", path, error);
    }

    // By none of these is a link followed: where a container runs meanwhile it may put one in the place of what we have just made.
    private Errno GiveOwnerAndMode(DirFd directory, byte[] name, TarEntry entry)
    {
        var error = Syscall.ChownAt(directory, name, entry.Uid, entry.Gid);
        if (error is Errno.PERM or Errno.INVAL)
        {
            if ((_takesOwners ??= TakesOwners()) && IsOfRoot(directory, name) && Mark(OverrideForm.Containers, directory, name, entry) == Errno.None) return Errno.None;
            WithoutOwner++;
            error = Errno.None;
        }
        return error == Errno.None && entry.Kind != TarKind.SymbolicLink ? Syscall.ChmodItselfAt(directory, name, entry.Mode) : error;
    }

    // Whether the root is of a union that shows everything as its one user's: it tells an owner by the attribute, and takes one so.
    private bool TakesOwners() => UserNamespace.HasOneUser && Syscall.GetXattrAt(root, "."u8, MarkNames.OverrideStatContainers, [], out _) == Errno.None;

    // Something else may be mounted in it, which takes a mark for an attribute as any other.
    private bool IsOfRoot(DirFd directory, byte[] name) =>
        Syscall.StatAt(root, "."u8, cached: false, out var top) == Errno.None && Syscall.StatAt(directory, name, cached: false, out var status) == Errno.None && status.Device == top.Device;

    // A symbolic link stays one, whosever: the paths of later entries may lead through it.
    private Errno KeepOwnerAndMode(DirFd directory, byte[] name, TarEntry entry)
    {
        if (entry.Kind == TarKind.SymbolicLink) return Errno.None;
        var error = Syscall.ChmodItselfAt(directory, name, Overrides.BackingMode);
        return error == Errno.None ? Mark(KeepsOwnersIn, directory, name, entry) : error;
    }

    private static Errno Mark(OverrideForm form, DirFd directory, byte[] name, TarEntry entry)
    {
        var type = entry.Kind switch
        {
            TarKind.Directory => FileType.Directory,
            TarKind.Fifo => FileType.Fifo,
            TarKind.CharDevice => FileType.CharDevice,
            TarKind.BlockDevice => FileType.BlockDevice,
            _ => FileType.Regular,
        };
        var shown = new FileStatus { Uid = entry.Uid, Gid = entry.Gid, Mode = (uint)type | (entry.Mode & Mode.Permissions), RdevMajor = entry.DeviceMajor, RdevMinor = entry.DeviceMinor };
        return Overrides.Store(form, directory, name, shown);
    }

    // A mark in an archive belongs to a union inside the image. What needs rights we have not is left out, as other tools do.
    private Errno SetXattr(DirFd directory, byte[] name, byte[] attribute, byte[] value)
    {
        Span<byte> stored = stackalloc byte[OverrideNames.StoredSize];
        if (attribute.Length > LongestAttribute) return Errno.None;
        var length = OverrideNames.IsKept(KeepsOwnersIn, attribute) ? OverrideNames.Store(attribute, stored) : MarkNames.Escape(attribute, stored);
        if (length > LongestAttribute) return Errno.None;
        var error = Syscall.SetXattrAt(directory, name, stored[..length], value, XattrFlags.None);
        return error is Errno.NOTSUP or Errno.PERM or Errno.INVAL ? Errno.None : error;
    }

    /// <summary>Takes away what has the name, and gives its directory.</summary>
    private DirFd Clear(List<byte[]> path)
    {
        var directory = _parents.Open(path[..^1]);
        var error = Syscall.UnlinkAt(directory, path[^1]);
        if (error is Errno.ISDIR or Errno.PERM)
        {
            error = Syscall.OpenAt(directory, path[^1], OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out var old);
            if (error == Errno.None) error = TreeSweeper.Empty(new DirFd(old.Number), out _);
            old.Close();
            if (error == Errno.None) error = Syscall.RmdirAt(directory, path[^1]);
        }
        return error == Errno.None ? directory : throw Cannot("replace", path, error);
    }

    private static bool IsDirectory(DirFd directory, byte[] name) =>
        Syscall.StatAt(directory, name, cached: false, out var status) == Errno.None && status.IsDirectory;

    private void RestoreTimes()
    {
        const OpenFlags Directory = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        const ResolveFlags Within = ResolveFlags.InRoot | ResolveFlags.NoMagicLinks;
        _parents.Forget();
        foreach (var (path, time) in _directoryTimes)
        {
            // One that a later entry replaced by something else is left alone.
            if (Syscall.OpenAt2(root, path.Length == 0 ? "."u8 : path, Directory, 0, Within, out var directory) != Errno.None) continue;
            _ = Syscall.Utimens(directory, time, time);
            directory.Close();
        }
    }

    private static InvalidDataException TooManyDevices() => new($"it holds more than {MaxDevices} devices");

    private static string MixedKinds(TarEntry entry, List<byte[]> path) => entry.Kind == TarKind.Directory
        ? $"cannot overwrite non-directory \"/{EntryPath.Show(EntryPath.Join(path))}\" with directory."
        : $"cannot overwrite directory \"/{EntryPath.Show(EntryPath.Join(path))}\" with non-directory.";

    private static RefusedException Cannot(string deed, List<byte[]> path, Errno error) =>
        new($"cannot {deed} {EntryPath.Show(EntryPath.Join(path))} of the archive: {error.Describe()}.");
}
