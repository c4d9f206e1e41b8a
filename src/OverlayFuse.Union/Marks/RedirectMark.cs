using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The value of the redirect mark: below its carrier, look for this name or path instead.</summary>
/// <remarks>
/// Kernel: ovl_get_redirect_xattr(), which answers EINVAL to an empty value, an empty component and a relative path. Refused here
/// besides: NUL (the kernel stops reading there), and what no path can be as long as. "." and ".." are EACCES, as its lookup says of them.
/// </remarks>
internal static class RedirectMark
{
    /// <summary>The longest redirect that is written (redirect_max of kernel overlayfs); a rename that needs a longer one is EXDEV.</summary>
    public const int MaxLength = 256;

    /// <summary>The longest that is read: PATH_MAX without its NUL.</summary>
    public const int MaxReadLength = 4095;

    /// <summary>INVAL or ACCES for a value that is not a redirect, else whether it starts at the root of the union or replaces the last name only.</summary>
    public static Errno Parse(ReadOnlySpan<byte> value, out bool isAbsolute)
    {
        isAbsolute = value.StartsWith("/"u8);
        if (value.Length > MaxReadLength || value.Contains((byte)0)) return Errno.INVAL;

        if (!isAbsolute && (value.IsEmpty || value.Contains((byte)'/'))) return Errno.INVAL;

        var error = Errno.None;
        foreach (var component in Components(value))
        {
            if (component.IsEmpty) return Errno.INVAL;
            if (component is [(byte)'.'] or [(byte)'.', (byte)'.']) error = Errno.ACCES;
        }
        return error;
    }

    /// <summary>The names of a redirect in order; of a relative one, its only name.</summary>
    public static RedirectComponents Components(ReadOnlySpan<byte> value) => new(value);
}
