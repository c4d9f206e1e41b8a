using System.Text;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The first use of a volume: while it is empty, what the image has at its place is copied into it, owners and modes included.</summary>
/// <remarks>
/// The copy grows in a directory of its own in the volume, has another name once it is whole and on disk, and is then moved out. volumes/NAME/filling says
/// which directory that is: whoever starts the next container with the volume takes away what a kill or a full disk has left half done, or moves what is whole.
/// Nothing else in the volume is ever removed: it may be somebody's.
/// </remarks>
internal static class FirstUse
{
    private const string Prefix = ".filling-";
    private const string Whole = ".whole";

    /// <summary>At every start, and under the lock of the volumes: a volume is not used with half of its first files.</summary>
    /// <exception cref="RefusedException">What was left cannot be taken away.</exception>
    public static void Resume(ContainerRecord record, VolumeStore volumes)
    {
        foreach (var mount in record.Mounts.Where(mount => mount.Kind == MountKind.Volume))
        {
            var mark = volumes.FillingOf(mount.Volume!);
            if (AtomicFile.Read(mark) is not { } text) continue;
            var name = Encoding.ASCII.GetString(text);
            if (name.StartsWith(Prefix, StringComparison.Ordinal)) Finish(mount, Path.Combine(mount.Source, name), mark);
        }
    }

    /// <param name="root">The container's root file system, mounted.</param>
    /// <exception cref="RefusedException">It could not be copied.</exception>
    public static void Fill(ContainerRecord record, VolumeStore volumes, DirFd root)
    {
        foreach (var mount in record.Mounts)
        {
            if (mount is { Kind: MountKind.Volume, NoCopy: false } && !Directory.EnumerateFileSystemEntries(mount.Source).Any()) Fill(mount, volumes.FillingOf(mount.Volume!), root);
        }
    }

    private static void Fill(MountPoint mount, string mark, DirFd root)
    {
        var target = Encoding.UTF8.GetBytes(mount.Target.TrimStart('/'));
        if (Syscall.OpenAt2(root, target, OpenFlags.ReadOnly | OpenFlags.Directory, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out var from) != Errno.None)
            return; // the image has nothing there
        var name = Prefix + Identifier.New()[..12];
        var staged = Path.Combine(mount.Source, name);
        try
        {
            AtomicFile.Write(mark, Encoding.ASCII.GetBytes(name)); // on disk before what it tells of
            Copy(mount, new DirFd(from.Number), staged);
        }
        catch (RefusedException)
        {
            LayerStore.Discard(staged); // a full disk
            throw;
        }
        finally
        {
            from.Close();
        }
        Finish(mount, staged, mark);
    }

    private static void Copy(MountPoint mount, DirFd from, string staged)
    {
        var path = Encoding.UTF8.GetBytes(staged);
        Check(mount, Syscall.MkdirAt(DirFd.Cwd, path, Mode.OwnerAll));
        var to = Open(mount, staged);
        try
        {
            TreeCopy.Run(from, to);
            Check(mount, Syscall.SyncFs(to.Fd)); // before the name that says that it is whole
        }
        finally
        {
            to.Close();
        }
        Check(mount, Syscall.RenameAt2(DirFd.Cwd, path, DirFd.Cwd, Encoding.UTF8.GetBytes(staged + Whole), RenameFlags.None));
    }

    // What has got its second name is whole, though a kill came right behind; it may be moved in part.
    private static void Finish(MountPoint mount, string staged, string mark)
    {
        LayerStore.Discard(staged);
        if (Directory.Exists(staged + Whole)) Move(mount, staged + Whole);
        File.Delete(mark); // last; where that does not come to the disk there is nothing to do the next time
    }

    private static void Move(MountPoint mount, string whole)
    {
        var from = Open(mount, whole);
        Check(mount, Syscall.Open(mount.Source, OpenFlags.ReadOnly | OpenFlags.Directory, out var data));
        var to = new DirFd(data.Number);
        try
        {
            Check(mount, TreeMove.Run(from, to));
            using var applier = new LayerApplier(to) { TakesMarks = false };
            TreeCopy.Run(archive => new TreeArchive(archive).Add(from, "."u8.ToArray(), "./"u8.ToArray()), applier); // owner, mode and times of the directory itself
            LayerStore.Discard(whole); // nobody's but ours: a name in it was taken meanwhile
            _ = Syscall.FSync(to.Fd);
        }
        finally
        {
            from.Close();
            to.Close();
        }
    }

    // Not through a link: another container may have the volume, and put one there.
    private static DirFd Open(MountPoint mount, string path)
    {
        Check(mount, Syscall.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out var opened));
        return new DirFd(opened.Number);
    }

    private static void Check(MountPoint mount, Errno error)
    {
        if (error != Errno.None) throw new RefusedException($"cannot fill the volume {mount.Volume}: {error.Describe()}.", 125);
    }
}
