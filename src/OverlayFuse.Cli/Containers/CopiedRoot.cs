using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Fuse;
using OverlayFuse.Image;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>The driver vfs: no union at all, but a copy of the whole image for each container.</summary>
internal sealed class CopiedRoot(ContainerStore store, StoredContainer container) : ContainerRoot(store, container)
{
    private readonly ManualResetEventSlim _ended = new();

    private string CopiedMark => MarkOf(Store, Container.Record);

    public static bool IsCopied(ContainerStore store, ContainerRecord record) => File.Exists(MarkOf(store, record));

    /// <summary>Copies, unless that was done. By the command: a supervisor does not look into mounts.</summary>
    /// <exception cref="RefusedException">It could not be copied.</exception>
    public void Copy()
    {
        if (File.Exists(CopiedMark)) return;
        using var held = ContainerStore.Serve(Container) ?? throw ContainerLauncher.AlreadyServed(Container); // two that start it at once would both copy
        if (MountInfo.Find(Merged) is not null) _ = Unmounter.Unmount(Merged); // of a copy that was cut short
        var union = new UnionOptions { MountPoint = Merged };
        if (UserNamespace.HasOneUser) (union.SquashToUid, union.SquashToGid) = (0, 0); // the copy has no place for other owners
        union.LowerDirectories.AddRange(Store.Layers.Stack(Container.Record.Lowers).Select(Encoding.UTF8.GetBytes));
        DaemonLauncher.Launch(new MountJob { Union = union, Source = "overlay"u8.ToArray(), Flags = MountFlags.ReadOnly, AllowOther = false });
        var (from, to) = (Open(Merged), Open(Encoding.UTF8.GetBytes(Store.Layers.DiffOf(Container.Record.LayerId))));
        try
        {
            TreeCopy.Run(from, to);
            var error = Syscall.SyncFs(to.Fd); // before the mark: with it nobody copies again
            if (error != Errno.None) throw new RefusedException($"cannot copy the image of {Container.Record.Name} to {Own}: {error.Describe()}.", 125);
        }
        finally
        {
            from.Close();
            to.Close();
            _ = Unmounter.Unmount(Merged);
        }
        File.Create(CopiedMark).Dispose(); // last: what is there is whole
    }

    public override void Run(Action<IReadOnlyList<string>> live)
    {
        var error = Syscall.Mount(Encoding.UTF8.GetBytes(Store.Layers.DiffOf(Container.Record.LayerId)), Merged, [], MountFlags.Bind, []);
        if (error != Errno.None) throw new MountException($"cannot bind the copy to {Own}/merged: {error.Describe()}.");
        live([]);
        _ended.Wait();
        if (Unmounter.Unmount(Merged) is { } failure) throw new MountException(failure);
    }

    public override void End() => _ended.Set();

    private static string MarkOf(ContainerStore store, ContainerRecord record) => Path.Combine(store.Layers.PathOf(record.LayerId), "copied");

    private static DirFd Open(byte[] path)
    {
        var error = Syscall.OpenAt(DirFd.Cwd, path, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out var opened);
        return error == Errno.None ? new DirFd(opened.Number) : throw new RefusedException($"cannot open {Encoding.UTF8.GetString(path)}: {error.Describe()}.", 125);
    }
}
