namespace OverlayFuse.Conformance;

/// <summary>A file system that the table is run on; a set of them where a difference is expected.</summary>
[Flags]
public enum Engine
{
    None = 0,

    /// <summary>A directory of the scratch disk, as root: what a case says is proven here first.</summary>
    Plain = 1,

    /// <summary>The same as an ordinary user.</summary>
    PlainUser = 2,

    Cached = 4,
    WriteThrough = 8,
    Passthrough = 16,

    /// <summary>Our mount by an ordinary user through fusermount3, in cached mode.</summary>
    User = 32,

    /// <summary>Kernel overlayfs with index, redirects and xino.</summary>
    Kernel = 64,

    /// <summary>As <see cref="Cached"/>, with requests by io_uring.</summary>
    Ring = 128,

    /// <summary>Our mount by root, in each data mode.</summary>
    Root = Cached | WriteThrough | Passthrough | Ring,

    /// <summary>Our mount whose writes wait in the kernel.</summary>
    Writeback = Cached | User | Ring,

    Ours = Root | User,
}
