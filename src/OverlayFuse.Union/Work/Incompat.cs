using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// WORKDIR/work/incompat: kernel overlayfs mounts no upper with anything in there, root or not, and neither do we with what we do
/// not know. Nothing else of ours lies under WORKDIR/work, for the kernel empties the rest.
/// </summary>
/// <remarks>Kernel: ovl_workdir_cleanup_recurse(), ovl_create_volatile_dirty().</remarks>
internal sealed class Incompat
{
    private readonly DirFd _work;
    private readonly MarkFamily _family;
    private readonly Durability _durability;

    // Leaf, and the directory is synced under it. Protects: changes of the two below and of the directory; they are read without it.
    private readonly Lock _change = new();
    private volatile int _raised;
    private volatile int _durable; // of these, what no loss of power takes down

    private Incompat(DirFd work, MarkFamily family, Durability durability)
    {
        _work = work;
        _family = family;
        _durability = durability;
    }

    private static ReadOnlySpan<byte> WorkName => "work"u8;

    private static ReadOnlySpan<byte> IncompatName => "incompat"u8;

    private static ReadOnlySpan<byte> VolatileName => "volatile"u8;

    /// <summary>Reads what is fenced already, and refuses what must not be mounted.</summary>
    public static Incompat Open(DirFd work, string workPath, MarkFamily family, Durability durability)
    {
        var incompat = new Incompat(work, family, durability);
        var error = incompat.OpenDirectory(make: false, out var directory);
        if (error == Errno.NOENT) return incompat;

        var names = new List<byte[]>();
        if (error == Errno.None) error = DirectoryNames.Read(directory, names);
        directory.Close();
        if (error != Errno.None) throw new MountException($"cannot read {workPath}/work/incompat: {error.Describe()}. It says what the upper holds: give yourself access to it.");

        foreach (var name in names) incompat.Admit(name, workPath);
        return incompat;
    }

    /// <summary>What stands in WORKDIR/work/incompat.</summary>
    public static List<byte[]> Names(DirFd work)
    {
        var names = new List<byte[]>();
        if (new Incompat(work, MarkFamily.User, Durability.Ordered).OpenDirectory(make: false, out var directory) != Errno.None) return names;
        _ = DirectoryNames.Read(directory, names);
        directory.Close();
        return names;
    }

    /// <summary>The fence of this name; null for what is not ours.</summary>
    public static Fence? FenceOf(ReadOnlySpan<byte> name)
    {
        foreach (var fence in Enum.GetValues<Fence>())
        {
            if (name.SequenceEqual(NameOf(fence))) return fence;
        }
        return null;
    }

    /// <summary>Puts a fence right on an upper that is not mounted.</summary>
    public static Errno Set(DirFd work, Fence fence, bool stands)
    {
        var incompat = new Incompat(work, MarkFamily.User, Durability.Ordered) { _raised = stands ? 0 : Bit(fence) };
        return stands ? incompat.Raise(fence) : incompat.Lower(fence);
    }

    /// <summary>Raises a fence, at little cost where it stands already. It stays after the unmount, and outlasts a loss of power.</summary>
    public Errno Raise(Fence fence)
    {
        // The kernel reads trusted redirects and metacopies as they are meant.
        if (fence == Fence.UserMarks && _family == MarkFamily.Trusted) return Errno.None;
        var error = RaiseUnsynced(fence);
        return error == Errno.None ? MakeDurable(fence) : error;
    }

    /// <summary>Raises a fence that may go with a loss of power, until <see cref="MakeDurable"/>: to be called before anything that it fences is on disk.</summary>
    public Errno RaiseUnsynced(Fence fence)
    {
        if ((_raised & Bit(fence)) != 0) return Errno.None;
        lock (_change)
        {
            var error = OpenDirectory(make: true, out var directory);
            if (error != Errno.None) return error;

            error = Syscall.MkdirAt(directory, NameOf(fence), OwnDirectory.Private);
            if (error == Errno.EXIST) error = Errno.None;
            if (error == Errno.None) _raised |= Bit(fence);
            directory.Close();
            return error;
        }
    }

    /// <summary>Has a fence outlast a loss of power; nothing to do with a volatile mount.</summary>
    public Errno MakeDurable(Fence fence)
    {
        if (_durability == Durability.Volatile || (_durable & Bit(fence)) != 0) return Errno.None;
        lock (_change)
        {
            var error = OpenDirectory(make: false, out var directory);
            if (error != Errno.None) return error;

            error = Syscall.FSync(directory.Fd);
            if (error == Errno.None) _durable |= _raised & Bit(fence);
            directory.Close();
            return error;
        }
    }

    public bool Stands(Fence fence) => (_raised & Bit(fence)) != 0;

    /// <summary>Lowers a fence; no error where none stands.</summary>
    public Errno Lower(Fence fence)
    {
        lock (_change)
        {
            if ((_raised & Bit(fence)) == 0) return Errno.None;

            var error = OpenDirectory(make: false, out var directory);
            if (error == Errno.None)
            {
                error = Syscall.RmdirAt(directory, NameOf(fence));
                if (error == Errno.NOTDIR) error = Syscall.UnlinkAt(directory, NameOf(fence));
                directory.Close();
            }
            if (error == Errno.NOENT) error = Errno.None;
            if (error != Errno.None) return error;
            _raised &= ~Bit(fence);
            _durable &= ~Bit(fence);
            return Errno.None;
        }
    }

    /// <summary>Says on disk, in the kernel's words, that this upper is being written without any sync.</summary>
    public Errno MarkVolatile()
    {
        var error = OpenDirectory(make: true, out var directory);
        if (error != Errno.None) return error;

        error = OwnDirectory.Make(directory, VolatileName, out var marker);
        directory.Close();
        if (error != Errno.None) return error;

        error = Syscall.OpenAt(marker, "dirty"u8, OpenFlags.Create | OpenFlags.WriteOnly | OpenFlags.NoFollow, Mode.OwnerReadWrite, out var dirty);
        dirty.Close();
        marker.Close();
        return error;
    }

    /// <summary>Takes the mark back where nothing was mounted after all, with the directories above it that hold nothing else.</summary>
    public void UnmarkVolatile()
    {
        if (OpenDirectory(make: false, out var directory) != Errno.None) return;
        _ = Syscall.UnlinkAt(directory, "volatile/dirty"u8);
        _ = Syscall.RmdirAt(directory, VolatileName);
        directory.Close();
        _ = Syscall.RmdirAt(_work, "work/incompat"u8);
        _ = Syscall.RmdirAt(_work, WorkName);
    }

    private void Admit(byte[] name, string workPath)
    {
        if (name.AsSpan().SequenceEqual(VolatileName))
        {
            throw new MountException(
                $"the upper of {workPath} was mounted volatile, so after a crash it may hold anything: " +
                $"discard the upper and the work directory, or, to go on with it as it is, remove {workPath}/work/incompat/volatile");
        }
        if (FenceOf(name) is { } fence)
        {
            _raised |= Bit(fence);
            return;
        }
        throw new MountException(
            $"the upper of {workPath} has the feature \"{Encoding.UTF8.GetString(name)}\" ({workPath}/work/incompat), " +
            "which this version does not know: mount it with the program that wrote it");
    }

    private Errno OpenDirectory(bool make, out DirFd directory)
    {
        directory = DirFd.None;
        var error = Step(_work, WorkName, make, out var work);
        if (error != Errno.None) return error;

        error = Step(work, IncompatName, make, out directory);
        work.Close();
        return error;
    }

    private static Errno Step(DirFd parent, ReadOnlySpan<byte> name, bool make, out DirFd directory) =>
        make ? OwnDirectory.Make(parent, name, out directory) : OwnDirectory.Open(parent, name, out directory);

    private static int Bit(Fence fence) => 1 << (int)fence;

    public static ReadOnlySpan<byte> NameOf(Fence fence) => fence switch
    {
        Fence.UserMarks => "overlayfuse-user-marks"u8,
        Fence.Overrides => "overlayfuse-override-stat"u8,
        _ => "overlayfuse-partial"u8,
    };
}
