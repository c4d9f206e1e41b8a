using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>How many names the union shows of an object in the index, as the difference to the links that its inode has (nlink mark, "U+n").</summary>
/// <remarks>Names that come and go in the upper change both by one, in one step. What has the union count no differently is for <see cref="LinkIndex.Begin"/>.</remarks>
internal static class LinkCount
{
    public static Errno Write(DirFd dir, ReadOnlySpan<byte> name, MarkFamily family, int difference)
    {
        Span<byte> value = stackalloc byte[NlinkMark.MaxLength];
        var length = new NlinkMark(NlinkBase.Upper, difference).Format(value);
        return Syscall.SetXattrAt(dir, name, MarkNames.Nlink(family), value[..length], XattrFlags.None);
    }

    /// <summary>0 where there is no mark, or one of another kind.</summary>
    public static int Read(DirFd dir, ReadOnlySpan<byte> name, MarkFamily family) => TryRead(dir, name, family, out var difference) ? difference : 0;

    public static bool TryRead(DirFd dir, ReadOnlySpan<byte> name, MarkFamily family, out int difference)
    {
        Span<byte> value = stackalloc byte[NlinkMark.MaxLength];
        var error = Syscall.GetXattrAt(dir, name, MarkNames.Nlink(family), value, out var length);
        difference = 0;
        if (error != Errno.None || !NlinkMark.TryParse(value[..length], out var mark) || mark.Base != NlinkBase.Upper) return false;
        difference = mark.Difference;
        return true;
    }
}
