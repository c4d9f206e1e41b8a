using System.Buffers.Binary;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>POSIX access control lists in the form in which system.posix_acl_access and system.posix_acl_default carry them.</summary>
/// <remarks>
/// Kernel: fs/posix_acl.c (posix_acl_create_masq, posix_acl_equiv_mode, posix_acl_chmod_masq, posix_acl_valid) and struct
/// posix_acl_xattr_header and _entry: version u32 = 2, then entries of tag u16, permissions u16, id u32, little endian.
/// What cannot be read is EINVAL. A list without entries counts as none.
/// </remarks>
internal static class Acl
{
    /// <summary>No list of a file system with blocks of 4 KiB is longer.</summary>
    public const int Largest = 4096;

    public static ReadOnlySpan<byte> AccessName => "system.posix_acl_access"u8;

    public static ReadOnlySpan<byte> DefaultName => "system.posix_acl_default"u8;

    public static bool IsName(ReadOnlySpan<byte> attribute) => attribute.StartsWith("system.posix_acl_"u8);

    private const int HeaderLength = 4;
    private const int EntryLength = 8;
    private const uint Version = 2;

    private const ushort UserOwner = 0x01;
    private const ushort User = 0x02;
    private const ushort GroupOwner = 0x04;
    private const ushort Group = 0x08;
    private const ushort Mask = 0x10;
    private const ushort Other = 0x20;

    private const uint ReadWriteExecute = 7;
    private const uint NoId = uint.MaxValue;

    /// <summary>
    /// What a new object in a directory with a default ACL gets: the default ACL cut down to <paramref name="mode"/> (without
    /// umask) as access ACL, and the mode cut down to the ACL.
    /// </summary>
    /// <param name="access">At least as long as <paramref name="defaultAcl"/>.</param>
    /// <param name="accessLength">0 where the new mode says all that the ACL would.</param>
    public static Errno Inherit(ReadOnlySpan<byte> defaultAcl, uint mode, Span<byte> access, out int accessLength, out uint newMode)
    {
        accessLength = 0;
        newMode = mode;
        if (!IsValid(defaultAcl, out var groupClass, out var hasMore)) return Errno.INVAL;
        if (groupClass < 0) return Errno.None;
        if (access.Length < defaultAcl.Length) return Errno.RANGE;

        defaultAcl.CopyTo(access);
        var bits = 0u;
        for (var at = HeaderLength; at < defaultAcl.Length; at += EntryLength)
        {
            var shift = ShiftOf(Tag(access, at), at == groupClass);
            if (shift < 0) continue;
            var permissions = Permissions(access, at) & (mode >> shift) & ReadWriteExecute;
            SetPermissions(access, at, permissions);
            bits |= permissions << shift;
        }
        newMode = (mode & ~Mode.All) | bits;
        accessLength = hasMore ? defaultAcl.Length : 0;
        return Errno.None;
    }

    /// <summary>The mode that an access ACL being set brings; false for a malformed one.</summary>
    /// <param name="equivalent">True where the mode says all that the ACL does, so that it need not be kept.</param>
    public static bool TryToMode(ReadOnlySpan<byte> acl, uint mode, out uint newMode, out bool equivalent)
    {
        newMode = mode;
        equivalent = true;
        if (!IsValid(acl, out var groupClass, out var hasMore)) return false;
        if (groupClass < 0) return true;

        var bits = 0u;
        for (var at = HeaderLength; at < acl.Length; at += EntryLength)
        {
            var shift = ShiftOf(Tag(acl, at), at == groupClass);
            if (shift >= 0) bits |= Permissions(acl, at) << shift;
        }
        newMode = (mode & ~Mode.All) | bits;
        equivalent = !hasMore;
        return true;
    }

    /// <summary>What chmod(2) does to the access ACL of an object.</summary>
    public static Errno Chmod(Span<byte> acl, uint mode)
    {
        if (!IsValid(acl, out var groupClass, out _)) return Errno.INVAL;

        for (var at = HeaderLength; at < acl.Length; at += EntryLength)
        {
            var shift = ShiftOf(Tag(acl, at), at == groupClass);
            if (shift >= 0) SetPermissions(acl, at, (mode >> shift) & ReadWriteExecute);
        }
        return Errno.None;
    }

    /// <summary>Maps the ids of named users and groups. INVAL: one to be stored has no place in the layers, or this is not a list.</summary>
    public static Errno MapIds(Span<byte> acl, IdMap uids, IdMap gids, bool toShow)
    {
        if (!IsValid(acl, out _, out _)) return toShow ? Errno.None : Errno.INVAL;
        for (var at = HeaderLength; at < acl.Length; at += EntryLength)
        {
            var tag = Tag(acl, at);
            if (tag is not (User or Group)) continue;
            var map = tag == User ? uids : gids;
            var id = BinaryPrimitives.ReadUInt32LittleEndian(acl[(at + 4)..]);
            if (toShow) id = map.Show(id);
            else if (!map.TryStore(id, out id)) return Errno.INVAL;
            BinaryPrimitives.WriteUInt32LittleEndian(acl[(at + 4)..], id);
        }
        return Errno.None;
    }

    /// <summary>
    /// Checks form and order: owner, users, owning group, groups, mask (a must with users or groups), others.
    /// <paramref name="groupClass"/>: where the entry is that the group bits of the mode stand for; -1 in an empty list.
    /// <paramref name="hasMore"/>: there is more than mode bits can say.
    /// </summary>
    private static bool IsValid(ReadOnlySpan<byte> acl, out int groupClass, out bool hasMore)
    {
        groupClass = -1;
        hasMore = false;
        if (acl.Length < HeaderLength || (acl.Length - HeaderLength) % EntryLength != 0) return false;
        if (BinaryPrimitives.ReadUInt32LittleEndian(acl) != Version) return false;
        if (acl.Length == HeaderLength) return true;

        ushort before = 0;
        var hasNamed = false;
        var hasMask = false;
        for (var at = HeaderLength; at < acl.Length; at += EntryLength)
        {
            var tag = Tag(acl, at);
            if (Permissions(acl, at) > ReadWriteExecute || !MayFollow(before, tag)) return false;

            if (tag is User or Group && BinaryPrimitives.ReadUInt32LittleEndian(acl[(at + 4)..]) == NoId) return false;

            if (tag is GroupOwner or Mask) groupClass = at;
            hasNamed |= tag is User or Group;
            hasMask |= tag == Mask;
            before = tag;
        }
        hasMore = hasNamed || hasMask;
        return before == Other && (hasMask || !hasNamed);
    }

    private static bool MayFollow(ushort before, ushort tag) => tag switch
    {
        UserOwner => before == 0,
        User => before is UserOwner or User,
        GroupOwner => before is UserOwner or User,
        Group => before is GroupOwner or Group,
        Mask => before is GroupOwner or Group,
        Other => before is GroupOwner or Group or Mask,
        _ => false,
    };

    /// <summary>Where in the mode the bits of an entry stand; -1 for one that the mode does not show.</summary>
    private static int ShiftOf(ushort tag, bool isGroupClass) => tag switch
    {
        UserOwner => 6,
        Other => 0,
        _ => isGroupClass ? 3 : -1,
    };

    private static ushort Tag(ReadOnlySpan<byte> acl, int at) => BinaryPrimitives.ReadUInt16LittleEndian(acl[at..]);

    private static uint Permissions(ReadOnlySpan<byte> acl, int at) => BinaryPrimitives.ReadUInt16LittleEndian(acl[(at + 2)..]);

    private static void SetPermissions(Span<byte> acl, int at, uint permissions) => BinaryPrimitives.WriteUInt16LittleEndian(acl[(at + 2)..], (ushort)permissions);
}
