using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Copies extended attributes and ACLs at copy-up; marks of ours stay behind, escaped ones of an inner overlay come along.</summary>
internal static class XattrCopy
{
    private const int LargestValue = 65536; // XATTR_SIZE_MAX
    private const int LargestList = 65536; // XATTR_LIST_MAX

    /// <summary>Copies all attributes of one name to another. Only what the file system of the upper does not know is left out.</summary>
    public static Errno Copy(DirFd from, ReadOnlySpan<byte> fromName, OverrideForm fromForm, DirFd to, ReadOnlySpan<byte> toName, OverrideForm toForm)
    {
        var error = List(from, fromName, stackalloc byte[1024], out var list);
        if (error != Errno.None) return error;
        Span<byte> small = stackalloc byte[4096];
        Span<byte> buffer = stackalloc byte[OverrideNames.StoredSize];
        while (list.IndexOf((byte)0) is var end and >= 0)
        {
            var name = list[..end];
            list = list[(end + 1)..];
            if (MarkNames.IsPrivate(name) || OverrideNames.IsPrivate(fromForm, name)) continue;
            var shown = OverrideNames.Show(fromForm, name);
            var stored = OverrideNames.IsKept(toForm, shown) ? buffer[..OverrideNames.Store(shown, buffer)] : shown;

            var value = small;
            error = Syscall.GetXattrAt(from, fromName, name, value, out var length);
            if (error == Errno.RANGE)
            {
                value = new byte[LargestValue];
                error = Syscall.GetXattrAt(from, fromName, name, value, out length);
            }
            if (error == Errno.NODATA) continue; // gone meanwhile, or a list that names what it does not give
            if (error == Errno.None && toForm != OverrideForm.None && shown.SequenceEqual(Acl.AccessName)) error = Acl.Chmod(value[..length], Overrides.BackingMode);
            if (error == Errno.None) error = Syscall.SetXattrAt(to, toName, stored, value[..length], XattrFlags.None);
            if (error == Errno.None) continue;
            if (MustKeep(shown) || error is not (Errno.NOTSUP or Errno.PERM)) return error;
        }
        return Errno.None;
    }

    /// <summary>Whether an object has security attributes that this daemon could not give to a copy.</summary>
    public static Errno LosesSecurity(DirFd dir, ReadOnlySpan<byte> name, OverrideForm form, Credentials credentials, out bool loses)
    {
        loses = false;
        if (credentials.IsHostRoot || credentials.Overrides == OverrideForm.Containers) return Errno.None;
        var error = List(dir, name, stackalloc byte[1024], out var list);
        while (error == Errno.None && list.IndexOf((byte)0) is var end and >= 0)
        {
            var stored = list[..end];
            list = list[(end + 1)..];
            if (OverrideNames.IsPrivate(form, stored)) continue;
            var attribute = OverrideNames.Show(form, stored);
            if (!attribute.StartsWith("security."u8) || attribute.SequenceEqual("security.selinux"u8)) continue;

            // In a user namespace its root may set capabilities, which are then valid in that namespace.
            loses |= !(credentials.IsRoot && attribute.SequenceEqual(FileCapability.Name));
        }
        return error;
    }

    /// <summary>Whether a file has capabilities (capabilities(7)).</summary>
    public static bool HasCapability(DirFd dir, ReadOnlySpan<byte> name, OverrideForm form)
    {
        Span<byte> buffer = stackalloc byte[OverrideNames.StoredSize];
        var stored = OverrideNames.IsKept(form, FileCapability.Name) ? buffer[..OverrideNames.Store(FileCapability.Name, buffer)] : FileCapability.Name;
        return Syscall.GetXattrAt(dir, name, stored, [], out _) == Errno.None;
    }

    // Access rights and privileges: a copy without them would be another file.
    private static bool MustKeep(ReadOnlySpan<byte> name) =>
        name.StartsWith("system.posix_acl_"u8) || (name.StartsWith("security."u8) && !name.SequenceEqual("security.selinux"u8));

    private static Errno List(DirFd dir, ReadOnlySpan<byte> name, Span<byte> small, out ReadOnlySpan<byte> list)
    {
        var error = Syscall.ListXattrAt(dir, name, small, out var length);
        if (error == Errno.RANGE)
        {
            small = new byte[LargestList];
            error = Syscall.ListXattrAt(dir, name, small, out length);
        }
        list = error == Errno.None ? small[..length].ToArray() : [];
        return error == Errno.NOTSUP ? Errno.None : error;
    }
}
