using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Opens the layers of a mount, before it is made: afterwards no path is resolved any more but those of reopened roots.</summary>
internal sealed class LayerOpener(DescriptorCache cache, LayerNumbers numbers, IReadOnlyList<MountPointEntry> mounts, int rootsHeldOpen)
{
    private const uint FuseMagic = 0x65735546;

    private readonly Dictionary<int, ulong> _devices = []; // of the layers of this mount, by their numbers
    private int _held;

    /// <summary>Where the union will be mounted: the directory that holds the mount point, by device and inode, and its name there.</summary>
    public (ulong Device, ulong Inode, byte[] Name)? MountPoint { get; init; }

    /// <summary>The absolute path of the mount point; roots beneath it cannot be found by path once it is mounted on.</summary>
    public byte[]? MountPointPath { get; init; }

    /// <summary>Opens a directory that a person named; the error is a sentence.</summary>
    public static DirFd OpenDirectory(string what, byte[] path)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, path, OpenFlags.Path | OpenFlags.Directory, 0, out var fd);
        if (error == Errno.None) return new DirFd(fd.Number);
        var text = Encoding.UTF8.GetString(path);
        throw new MountException(error switch
        {
            Errno.NOENT => $"cannot open the {what} {text}: there is no such directory. Create it or correct the path.",
            Errno.NOTDIR => $"cannot open the {what} {text}: it is not a directory. A layer is a directory tree; unpack archives first.",
            Errno.ACCES => $"cannot open the {what} {text}: {error.Describe()}. All directories above it must be searchable for you.",
            _ => $"cannot open the {what} {text}: {error.Describe()}.",
        });
    }

    /// <summary>As the other one. <paramref name="isReal"/>: no link was met on the way, so that the path is the one by which the kernel knows the directory.</summary>
    public static DirFd OpenDirectory(string what, byte[] path, out bool isReal)
    {
        var fd = Fd.None;
        isReal = IsPlain(path) && Syscall.OpenAt2(DirFd.Cwd, path, OpenFlags.Path | OpenFlags.Directory, 0, ResolveFlags.NoSymlinks, out fd) == Errno.None;
        return isReal ? new DirFd(fd.Number) : OpenDirectory(what, path);
    }

    public Layer OpenUpper(DirFd descriptor, byte[] path)
    {
        var status = StatusOf(descriptor, path);
        var layer = new Layer
        {
            Index = 0,
            Number = 0,
            Path = RealPath(descriptor) ?? path,
            Device = status.Device,
            IsPrivateClone = false,
            OwnMountPoint = MountPoint,
            Overrides = Overrides.FormOf(descriptor)
        };
        layer.Root = LayerDirectory.ForRoot(layer, cache, descriptor, status.Inode, HasXattrWhiteouts(descriptor));
        return layer;
    }

    public Layer OpenLower(int index, byte[] path, bool isDataOnly = false) =>
        OpenLower(index, path, OpenDirectory(isDataOnly ? "data-only layer" : "lower directory", path, out var isReal), isReal, isDataOnly);

    /// <summary>As the other one, of a directory that is open already; it is the layer's from now on.</summary>
    /// <param name="isReal">See <see cref="OpenDirectory(string, byte[], out bool)"/>.</param>
    public Layer OpenLower(int index, byte[] path, DirFd descriptor, bool isReal, bool isDataOnly)
    {
        var status = StatusOf(descriptor, path);
        var realPath = isReal ? path : RealPath(descriptor);
        var clone = MountClone.ReadOnly(descriptor);
        if (clone.IsOpen)
        {
            descriptor.Close();
            descriptor = clone;
        }

        if (Syscall.StatFs(descriptor.Fd, out var fileSystem) != Errno.None) fileSystem = default;
        var isBare = IsBare(descriptor, fileSystem);
        var layer = new Layer
        {
            Index = index,
            Number = NumberOf(descriptor, path, realPath ?? path, status, fileSystem),
            Path = realPath ?? path,
            Device = status.Device,
            IsPrivateClone = clone.IsOpen,
            IsDataOnly = isDataOnly,
            Covered = clone.IsOpen ? CoveredIn(descriptor, realPath) : null,
            OwnMountPoint = MountPoint,
            Overrides = isBare ? OverrideForm.None : Overrides.FormOf(descriptor),
        };
        var hasXattrWhiteouts = !isBare && HasXattrWhiteouts(descriptor);
        if (_held < rootsHeldOpen || realPath is null || IsBeneath(realPath, MountPointPath))
        {
            _held++;
            layer.Root = LayerDirectory.ForRoot(layer, cache, descriptor, status.Inode, hasXattrWhiteouts);
        }
        else
        {
            descriptor.Close();
            layer.Root = LayerDirectory.ForReopenedRoot(layer, cache, new LayerReopener(realPath, status.Device, status.Inode), status.Inode, hasXattrWhiteouts);
        }
        return layer;
    }

    // A copy of a disk has the UUID of the disk, and is another layer all the same.
    private int NumberOf(DirFd descriptor, byte[] path, byte[] realPath, in FileStatus status, in FileSystemStatus fileSystem)
    {
        var number = numbers.NumberOf(LayerIdentity.Of(descriptor, path, realPath, status, fileSystem, out var former), former);
        if (_devices.TryAdd(number, status.Device) || _devices[number] == status.Device) return number;
        number = numbers.NumberOf(LayerIdentity.OfPath(realPath));
        _ = _devices.TryAdd(number, status.Device);
        return number;
    }

    /// <summary>The absolute path of an open directory, or null when it has none.</summary>
    public static byte[]? RealPath(DirFd descriptor) =>
        Syscall.PathOf(descriptor.Fd, out var path) == Errno.None && path is [(byte)'/', ..] ? path : null;

    /// <summary>Whether a path is <paramref name="top"/> or lies below it.</summary>
    public static bool IsBeneath(ReadOnlySpan<byte> path, ReadOnlySpan<byte> top)
    {
        top = top.TrimEnd((byte)'/');
        return path.StartsWith(top) && (path.Length == top.Length || path[top.Length] == '/');
    }

    private static FileStatus StatusOf(DirFd descriptor, byte[] path)
    {
        var error = Syscall.Stat(descriptor.Fd, out var status);
        if (error == Errno.None) return status;
        throw new MountException($"cannot look at {Encoding.UTF8.GetString(path)}: {error.Describe()}.");
    }

    // Most roots have no attribute, so that one question spares four. A FUSE server may answer for one that it does not list, as we do.
    private static bool IsBare(DirFd descriptor, in FileSystemStatus fileSystem) =>
        fileSystem.Magic is not (0 or FuseMagic) && Syscall.ListXattrAt(descriptor, "."u8, [], out var length) == Errno.None && length == 0;

    // "/a/b", as the kernel writes paths.
    private static bool IsPlain(ReadOnlySpan<byte> path)
    {
        if (path is not [(byte)'/', _, ..]) return false;
        foreach (var range in path[1..].Split((byte)'/'))
        {
            if (path[1..][range] is [] or [(byte)'.'] or [(byte)'.', (byte)'.']) return false;
        }
        return true;
    }

    private static bool HasXattrWhiteouts(DirFd descriptor)
    {
        if (FoundMarks.Read(descriptor, "."u8, out var marks) != Errno.None || !marks.Has(MarkSet.Opaque)) return false;
        Span<byte> value = stackalloc byte[8];
        return Syscall.GetXattrAt(descriptor, "."u8, MarkNames.Opaque(marks.FamilyOf(MarkSet.Opaque)), value, out var length) == Errno.None
            && OpaqueMark.Parse(value[..length]) == OpaqueKind.HasXattrWhiteouts;
    }

    // A clone does not show what is mounted inside; the objects beneath must not come to light instead.
    private HashSet<(ulong Device, ulong Inode)>? CoveredIn(DirFd root, byte[]? path)
    {
        if (path is null) return null;
        HashSet<(ulong, ulong)>? covered = null;
        foreach (var mount in mounts)
        {
            if (mount.MountPoint.Length <= path.Length || !IsBeneath(mount.MountPoint, path)) continue;
            var relative = mount.MountPoint.AsSpan(path.AsSpan().TrimEnd((byte)'/').Length + 1);
            if (Syscall.StatAt(root, relative, cached: true, out var status) == Errno.None) (covered ??= []).Add((status.Device, status.Inode));
        }
        return covered;
    }
}
