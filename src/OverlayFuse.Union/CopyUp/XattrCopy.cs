using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Copies extended attributes and ACLs at copy-up, and compares them; marks of ours stay behind, escaped ones of an inner overlay come along.</summary>
internal static class XattrCopy
{
    private const int LargestValue = 65536; // XATTR_SIZE_MAX
    private const int LargestList = 65536; // XATTR_LIST_MAX
    private const int UsualValue = 4096;

    /// <summary>The label of SELinux: it belongs to the place of a file and not to the file.</summary>
    public static ReadOnlySpan<byte> Label => "security.selinux"u8;

    /// <summary>Copies all attributes of one name to another. Only what the file system of the upper does not know is left out.</summary>
    public static Errno Copy(DirFd from, ReadOnlySpan<byte> fromName, OverrideForm fromForm, DirFd to, ReadOnlySpan<byte> toName, OverrideForm toForm)
    {
        var error = List(from, fromName, stackalloc byte[1024], out var list);
        if (error != Errno.None) return error;
        Span<byte> small = stackalloc byte[UsualValue];
        Span<byte> buffer = stackalloc byte[OverrideNames.StoredSize];
        while (list.IndexOf((byte)0) is var end and >= 0)
        {
            var name = list[..end];
            list = list[(end + 1)..];
            if (MarkNames.IsPrivate(name) || OverrideNames.IsPrivate(fromForm, name)) continue;
            var shown = OverrideNames.Show(fromForm, name);
            var stored = OverrideNames.IsKept(toForm, shown) ? buffer[..OverrideNames.Store(shown, buffer)] : shown;

            error = Read(from, fromName, name, small, out var value);
            if (error == Errno.NODATA) continue; // gone meanwhile, or a list that names what it does not give
            if (error == Errno.None && toForm != OverrideForm.None && shown.SequenceEqual(Acl.AccessName)) error = Acl.Chmod(value, Overrides.BackingMode);
            if (error == Errno.None) error = Syscall.SetXattrAt(to, toName, stored, value, XattrFlags.None);
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
            if (MarkNames.IsPrivate(stored) || OverrideNames.IsPrivate(form, stored)) continue;
            var attribute = OverrideNames.Show(form, stored);
            if (!attribute.StartsWith("security."u8) || attribute.SequenceEqual(Label)) continue;

            // In a user namespace its root may set capabilities, which are then valid in that namespace.
            loses |= !(credentials.IsRoot && attribute.SequenceEqual(FileCapability.Name));
        }
        return error;
    }

    /// <summary>Whether two names have the same attributes, as the union would show them.</summary>
    public static Errno Compare(DirFd one, ReadOnlySpan<byte> oneName, OverrideForm oneForm, DirFd other, ReadOnlySpan<byte> otherName, OverrideForm otherForm, out bool areSame)
    {
        areSame = false;
        var error = Shown(one, oneName, oneForm, out var attributes);
        if (error != Errno.None) return error;
        error = Shown(other, otherName, otherForm, out var others);
        areSame = error == Errno.None && attributes.Count == others.Count
            && attributes.All(a => others.TryGetValue(a.Key, out var value) && value.AsSpan().SequenceEqual(a.Value));
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
        Acl.IsName(name) || (name.StartsWith("security."u8) && !name.SequenceEqual(Label));

    private static Errno Shown(DirFd dir, ReadOnlySpan<byte> name, OverrideForm form, out Dictionary<string, byte[]> attributes)
    {
        attributes = [];
        var error = List(dir, name, stackalloc byte[1024], out var list);
        Span<byte> small = stackalloc byte[UsualValue];
        while (error == Errno.None && list.IndexOf((byte)0) is var end and >= 0)
        {
            var stored = list[..end];
            list = list[(end + 1)..];
            if (MarkNames.IsPrivate(stored) || OverrideNames.IsPrivate(form, stored)) continue;
            error = Read(dir, name, stored, small, out var value);
            if (error == Errno.NODATA) error = Errno.None;
            else attributes[System.Text.Encoding.Latin1.GetString(OverrideNames.Show(form, stored))] = value.ToArray();
            if (error == Errno.ACCES) error = Errno.None; // its name is all that can be compared
        }
        return error;
    }

    // `value`: in the buffer, or, where it is larger, in one of its own.
    private static Errno Read(DirFd dir, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, Span<byte> buffer, out Span<byte> value)
    {
        var error = Syscall.GetXattrAt(dir, name, attribute, buffer, out var length);
        if (error == Errno.RANGE)
        {
            buffer = new byte[LargestValue];
            error = Syscall.GetXattrAt(dir, name, attribute, buffer, out length);
        }
        value = error == Errno.None ? buffer[..length] : [];
        return error;
    }

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
