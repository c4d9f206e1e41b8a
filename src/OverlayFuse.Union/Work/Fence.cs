namespace OverlayFuse.Union;

/// <summary>What an upper may hold that kernel overlayfs would misread; while it does, a fence makes the kernel refuse the mount.</summary>
internal enum Fence
{
    /// <summary>Redirects and metacopies in user.overlay.*: kernel overlayfs ignores them with userxattr.</summary>
    UserMarks,

    /// <summary>Owners, modes and types that are kept in marks: kernel overlayfs would show those of the backing files.</summary>
    Overrides,

    /// <summary>Files that have only some of their blocks in the upper.</summary>
    Partial,
}
