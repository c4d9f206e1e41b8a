using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// What is put on disk, and when.
internal sealed partial class Upper
{
    private Lazy<bool> _keepsOrder = new(() => CommitOrder.IsKept(work.Temp.Fd));

    public Durability Durability => durability;

    /// <summary>
    /// Whether <see cref="SyncFileSystem"/> puts all that was written to it on disk. A server of FUSE or 9p hears nothing of syncfs(2); so only of those
    /// file systems is it believed that are known to do it.
    /// </summary>
    public bool IsSyncedAsWhole { get; init; }

    /// <summary><see cref="CommitOrder"/> of its file system, which is asked for when it is first needed.</summary>
    public bool KeepsOrder
    {
        get => _keepsOrder.Value;
        internal set => _keepsOrder = new(() => value);
    }

    /// <summary>
    /// To be called when the bytes of a copy are complete, and before anything says so: after a loss of power nothing says so without the bytes. Where the
    /// file system keeps that order by itself, it takes no commit of its journal.
    /// </summary>
    public Errno SyncData(Fd file) => durability switch
    {
        Durability.Volatile => Errno.None,
        Durability.Ordered when KeepsOrder => Syscall.WriteBack(file),
        _ => Syscall.FDataSync(file),
    };

    /// <summary>To be called before a mark names a layer by its number: no loss of power leaves the mark without the number.</summary>
    public Errno SyncLayerNumbers() => durability switch
    {
        Durability.Volatile => Errno.None,
        Durability.Ordered when KeepsOrder => work.LayerNumbers.WriteBack(),
        _ => work.LayerNumbers.Sync(),
    };

    /// <summary>syncfs(2) of the file system that it is on.</summary>
    public Errno SyncFileSystem()
    {
        var error = layer.Root.Enter(out var dir);
        if (error != Errno.None) return error;
        error = DirectoryReader.OpenToRead(dir, out var root);
        if (error == Errno.None) error = Syscall.SyncFs(root);
        root.Close();
        layer.Root.Leave();
        return error;
    }
}
