using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Which marks an object carries, by the names in its attribute list. Reading the list once spares asking for each.</summary>
internal readonly record struct FoundMarks(MarkSet Trusted, MarkSet User, bool FuseOverlayFsOpaque)
{
    public bool IsEmpty => Trusted == MarkSet.None && User == MarkSet.None && !FuseOverlayFsOpaque;

    public bool Has(MarkSet mark) => ((Trusted | User) & mark) != 0;

    /// <summary>The family to read a mark from: an object written by root has trusted marks, which nobody else could have set.</summary>
    public MarkFamily FamilyOf(MarkSet mark) => (Trusted & mark) != 0 ? MarkFamily.Trusted : MarkFamily.User;

    /// <summary>Reads the attribute list of a name. A file system without attributes has no marks.</summary>
    public static Errno Read(DirFd dir, ReadOnlySpan<byte> name, out FoundMarks marks)
    {
        Span<byte> buffer = stackalloc byte[512];
        marks = default;
        var error = Syscall.ListXattrAt(dir, name, buffer, out var length);
        if (error == Errno.RANGE)
        {
            buffer = new byte[65536]; // XATTR_LIST_MAX; rare
            error = Syscall.ListXattrAt(dir, name, buffer, out length);
        }
        if (error == Errno.NOTSUP) return Errno.None;
        if (error == Errno.None && length > 0) marks = Parse(buffer[..length]);
        return error;
    }

    /// <summary>Picks the marks out of a list of names, each closed by NUL.</summary>
    public static FoundMarks Parse(ReadOnlySpan<byte> list)
    {
        MarkSet trusted = 0, user = 0;
        var fuseOverlayFs = false;
        while (list.IndexOf((byte)0) is var end and >= 0)
        {
            var name = list[..end];
            list = list[(end + 1)..];
            if (name.StartsWith("trusted.overlay."u8)) trusted |= MarkOf(name[16..]);
            else if (name.StartsWith("user.overlay."u8)) user |= MarkOf(name[13..]);
            else fuseOverlayFs |= name.SequenceEqual(MarkNames.FuseOverlayFsOpaque);
        }
        return new FoundMarks(trusted, user, fuseOverlayFs);
    }

    private static MarkSet MarkOf(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("opaque"u8)) return MarkSet.Opaque;
        if (name.SequenceEqual("whiteout"u8)) return MarkSet.Whiteout;
        if (name.SequenceEqual("redirect"u8)) return MarkSet.Redirect;
        if (name.SequenceEqual("metacopy"u8)) return MarkSet.Metacopy;
        if (name.SequenceEqual("origin"u8)) return MarkSet.Origin;
        if (name.SequenceEqual("nlink"u8)) return MarkSet.Nlink;
        if (name.SequenceEqual("impure"u8)) return MarkSet.Impure;
        if (name.SequenceEqual("uuid"u8)) return MarkSet.Uuid;
        if (name.SequenceEqual("protattr"u8)) return MarkSet.Protattr;
        if (name.SequenceEqual("upper"u8)) return MarkSet.Upper;
        if (name.SequenceEqual("partial"u8)) return MarkSet.Partial;
        return name.StartsWith("overlay."u8) ? MarkSet.None : MarkSet.Unknown; // an inner union's
    }
}
