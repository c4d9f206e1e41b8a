using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Whose a new object is (inode_init_owner of the kernel): the caller's, but the group of a setgid directory is inherited.</summary>
internal readonly record struct Ownership(uint Uid, uint Gid, bool InheritsGroup)
{
    public static Ownership Of(in Request request, in FileStatus parent)
    {
        var inherits = (parent.Mode & Mode.SetGid) != 0;
        return new Ownership(request.Uid, inherits ? parent.Gid : request.Gid, inherits);
    }

    /// <summary>A new directory in a setgid directory is setgid itself.</summary>
    public uint ModeOf(FileType type, uint mode) => InheritsGroup && type == FileType.Directory ? mode | Mode.SetGid : mode;
}
