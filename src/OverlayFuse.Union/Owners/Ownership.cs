using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Whose a new object is (inode_init_owner of the kernel): the caller's, but the group of a setgid directory is inherited. Ids as the layers have them.</summary>
internal readonly record struct Ownership(uint Uid, uint Gid, bool InheritsGroup)
{
    /// <summary>OVERFLOW: the caller has an id that cannot be stored.</summary>
    public static Errno Of(in Request request, in FileStatus parent, Owners owners, out Ownership ownership)
    {
        var inherits = (parent.Mode & Mode.SetGid) != 0;
        var (uid, gid) = (request.Uid, request.Gid);
        var error = owners.StoreMaker(ref uid, ref gid);
        ownership = new Ownership(uid, inherits ? parent.Gid : gid, inherits);
        return error;
    }

    /// <summary>A new directory in a setgid directory is setgid itself.</summary>
    public uint ModeOf(FileType type, uint mode) => InheritsGroup && type == FileType.Directory ? mode | Mode.SetGid : mode;
}
