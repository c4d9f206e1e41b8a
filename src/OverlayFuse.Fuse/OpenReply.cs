namespace OverlayFuse.Fuse;

/// <summary>The answer to open and opendir: a handle of the file system's own, and how the kernel is to treat the open file.</summary>
public struct OpenReply
{
    public ulong Handle;
    public OpenReplyFlags Flags;

    /// <summary>With <see cref="OpenReplyFlags.Passthrough"/>: what <see cref="Session.OpenBacking"/> gave.</summary>
    public int BackingId;
}
