using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

// Extended attributes. Marks of ours are not seen; those of an overlay on top of us are stored escaped (overlayfs.rst, "Nesting"), and those that
// a layer with owners in marks cannot keep by their names, as OverrideNames says.
public sealed partial class UnionFileSystem
{
    private const int LongestName = 255; // XATTR_NAME_MAX

    public override Errno GetXattr(in Request request, NodeId node, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        length = 0;
        var error = _tree.Find(node, out var slot);
        if (error != Errno.None) return error;
        if (Acl.IsName(name) && !_options.Acl) return Errno.NOTSUP;
        if (_tree.Owners.AreSquashed && name.SequenceEqual(MarkNames.OverrideStatContainers)) return TellOwner(slot, buffer, out length);

        Span<byte> own = stackalloc byte[Tree.NameSize];
        Span<byte> escaped = stackalloc byte[OverrideNames.StoredSize];
        while (true)
        {
            error = _tree.Enter(slot, own, out var place);
            if (error != Errno.None) return error;
            using (place)
            {
                var form = _tree.FormAt(place);
                if (Stored(form, name, escaped, out var stored) != Errno.None) return Errno.NODATA;
                error = name.SequenceEqual(FileCapability.Name)
                    ? GetCapability(place, slot, stored, buffer, out length)
                    : Syscall.GetXattrAt(place.Dir, place.Name, stored, buffer, out length);
                if (error == Errno.None && form != OverrideForm.None && !buffer.IsEmpty && name.SequenceEqual(Acl.AccessName)) error = ShowMode(form, place, buffer[..length]);
                if (error == Errno.NOENT && _tree.HasLeft(slot, place)) continue;
            }
            // A layer without ACLs: anything but "none there" is the answer to every check of permissions (fuse_get_acl()).
            if (error == Errno.NOTSUP && Acl.IsName(name)) error = Errno.NODATA;
            if (error == Errno.None && _tree.Owners.AreMapped && Acl.IsName(name) && !buffer.IsEmpty) error = _tree.Owners.ShowAcl(buffer[..length]);
            return error;
        }
    }

    public override Errno SetXattr(in Request request, NodeId node, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, XattrFlags flags, bool killSetGid)
    {
        if (_tree.Owners.AreSquashed && UpperForm != OverrideForm.None && name.SequenceEqual(MarkNames.OverrideStatContainers)) return TakeOwner(node, value);
        Span<byte> escaped = stackalloc byte[OverrideNames.StoredSize];
        var error = Stored(UpperForm, name, escaped, out var stored);
        if (error != Errno.None) return error;
        error = PrepareForXattr(node, name, sets: true, out var slot);
        if (error != Errno.None) return error;
        var gated = IsRestored(name) && EnterToChangeMode(slot);
        try
        {
            error = SetXattr(slot, name, stored, value, flags, killSetGid);
        }
        finally
        {
            if (gated) _tree.Gate.Leave(slot);
        }
        if (error == Errno.None) ForgetDefaultAcl(slot);
        return error;
    }

    private Errno SetXattr(int slot, ReadOnlySpan<byte> name, ReadOnlySpan<byte> stored, ReadOnlySpan<byte> value, XattrFlags flags, bool killSetGid)
    {
        Span<byte> own = stackalloc byte[Tree.NameSize];
        var error = EnterToChange(slot, own, out var place);
        if (error != Errno.None) return error;
        using (place)
        {
            if (Acl.IsName(name) && (_tree.Owners.AreMapped || UpperForm != OverrideForm.None)) error = SetChangedAcl(place, stored, value, flags);
            else if (name.SequenceEqual(FileCapability.Name)) error = SetCapability(place, slot, stored, value, flags);
            else error = Syscall.SetXattrAt(place.Dir, place.Name, stored, value, flags);
            if (error != Errno.None) return error;
            if (killSetGid && Upper!.Status(place.Dir, place.Name, out var status) == Errno.None)
                _ = SetOwnerAndMode(place, slot, uint.MaxValue, uint.MaxValue, status.Mode & ~Mode.SetGid);
        }
        return Errno.None;
    }

    public override Errno RemoveXattr(in Request request, NodeId node, ReadOnlySpan<byte> name)
    {
        Span<byte> escaped = stackalloc byte[OverrideNames.StoredSize];
        var error = Stored(UpperForm, name, escaped, out var stored);
        if (error != Errno.None) return Errno.NODATA;
        error = _tree.Find(node, out var slot);
        if (error != Errno.None) return error;
        // Nothing comes up for what is not there (ovl_xattr_set()).
        if (!_tree.Nodes[slot].IsUpper && GetXattr(request, node, name, [], out _) == Errno.NODATA) return Errno.NODATA;
        error = PrepareForXattr(node, name, sets: false, out slot);
        if (error != Errno.None) return error;
        var gated = IsRestored(name) && EnterToChangeMode(slot);
        try
        {
            error = RemoveXattr(slot, name, stored);
        }
        finally
        {
            if (gated) _tree.Gate.Leave(slot);
        }
        ForgetDefaultAcl(slot);
        return error;
    }

    private Errno RemoveXattr(int slot, ReadOnlySpan<byte> name, ReadOnlySpan<byte> stored)
    {
        Span<byte> own = stackalloc byte[Tree.NameSize];
        var error = EnterToChange(slot, own, out var place);
        if (error != Errno.None) return error;
        using (_files.StripeOf(slot).Enter())
        {
            using (place) error = Syscall.RemoveXattrAt(place.Dir, place.Name, stored);
            if (error == Errno.None && name.SequenceEqual(FileCapability.Name) && _tree.Nodes[slot].State is OpenFile file) file.SetCapability([]);
        }
        if (error == Errno.None && name.SequenceEqual(FileCapability.Name)) _tree.Nodes[slot].Set(NodeFlags.CapabilityRemoved);
        return error;
    }

    public override Errno ListXattr(in Request request, NodeId node, Span<byte> buffer, out int length)
    {
        length = 0;
        var error = _tree.Find(node, out var slot);
        if (error != Errno.None) return error;
        Span<byte> own = stackalloc byte[Tree.NameSize];
        Span<byte> list = stackalloc byte[1024];
        while (true)
        {
            error = _tree.Enter(slot, own, out var place);
            if (error != Errno.None) return error;
            using (place)
            {
                error = Syscall.ListXattrAt(place.Dir, place.Name, list, out var stored);
                if (error == Errno.RANGE)
                {
                    list = new byte[65536];
                    error = Syscall.ListXattrAt(place.Dir, place.Name, list, out stored);
                }
                if (error == Errno.NOTSUP) return Errno.None;
                if (error == Errno.NOENT && _tree.HasLeft(slot, place)) continue;
                return error != Errno.None ? error : Show(request, _tree.FormAt(place), list[..stored], buffer, out length);
            }
        }
    }

    // The list as users see it; an empty buffer asks for its length only. Trusted attributes are there for root alone.
    private Errno Show(in Request request, OverrideForm form, ReadOnlySpan<byte> stored, Span<byte> buffer, out int length)
    {
        bool? seesTrusted = null;
        length = 0;
        Span<byte> plain = stackalloc byte[LongestName];
        while (stored.IndexOf((byte)0) is var end and >= 0)
        {
            scoped var name = stored[..end];
            stored = stored[(end + 1)..];
            if (MarkNames.IsPrivate(name) || OverrideNames.IsPrivate(form, name) || (Acl.IsName(name) && !_options.Acl)) continue;
            if (name.StartsWith("trusted."u8) && !(seesTrusted ??= Caller.Has(request.Pid, Caller.SysAdmin))) continue;
            if (MarkNames.TryUnescape(name, plain, out var unescaped)) name = plain[..unescaped];
            name = OverrideNames.Show(form, name);
            if (!buffer.IsEmpty)
            {
                if (length + name.Length + 1 > buffer.Length) return Errno.RANGE;
                name.CopyTo(buffer[length..]);
                buffer[length + name.Length] = 0;
            }
            length += name.Length + 1;
        }
        return Errno.None;
    }

    // Where every owner shows as the same, the attribute says whose an object is in its layer; whoever makes archives of the union asks for it.
    private Errno TellOwner(int slot, Span<byte> buffer, out int length)
    {
        Span<byte> value = stackalloc byte[OverrideStat.MaxLength];
        length = 0;
        var error = _tree.Status(slot, out var status);
        if (error != Errno.None) return error;
        length = OverrideStat.Of(status).Format(value);
        return buffer.IsEmpty || value[..length].TryCopyTo(buffer) ? Errno.None : Errno.RANGE;
    }

    // The other way: chown(2) cannot say it, for the kernel knows no such user here. The type stays what it is.
    private Errno TakeOwner(NodeId node, ReadOnlySpan<byte> value)
    {
        if (!OverrideStat.TryParse(value, out var wanted)) return Errno.INVAL;
        var error = _tree.Find(node, out var slot);
        return error != Errno.None ? error : SetMetadata(slot, new SetAttributes
        {
            Valid = SetAttributesMask.Uid | SetAttributesMask.Gid | SetAttributesMask.Mode,
            Uid = wanted.Uid,
            Gid = wanted.Gid,
            Mode = wanted.Mode,
        });
    }

    // What a list says of owner, group class and others is the mode, and that may be in a mark.
    private Errno ShowMode(OverrideForm form, in Place place, Span<byte> acl)
    {
        var error = Syscall.StatAt(place.Dir, place.Name, cached: !place.IsUpper, out var status);
        if (error == Errno.None) error = Overrides.Show(form, place.Dir, place.Name, ref status);
        return error != Errno.None ? error : Acl.Chmod(acl, status.Mode);
    }

    private Errno SetChangedAcl(in Place place, ReadOnlySpan<byte> name, ReadOnlySpan<byte> shown, XattrFlags flags)
    {
        if (shown.Length > Acl.Largest) return Errno.NOSPC;
        Span<byte> buffer = stackalloc byte[Acl.Largest];
        shown.CopyTo(buffer);
        var acl = buffer[..shown.Length];
        var error = _tree.Owners.AreMapped ? _tree.Owners.StoreAcl(acl) : Errno.None;
        if (error != Errno.None) return error;
        return UpperForm == OverrideForm.None || !name.SequenceEqual(Acl.AccessName) ? Syscall.SetXattrAt(place.Dir, place.Name, name, acl, flags) : SetModeAndAcl(place, acl, flags);
    }

    // The backing file keeps its own mode, and with it what the list says of that.
    private Errno SetModeAndAcl(in Place place, Span<byte> acl, XattrFlags flags)
    {
        var error = Upper!.Status(place.Dir, place.Name, out var status);
        if (error != Errno.None) return error;
        if (!Acl.TryToMode(acl, status.Mode, out var mode, out var isMode)) return Errno.INVAL;
        if (isMode) error = Syscall.RemoveXattrAt(place.Dir, place.Name, Acl.AccessName);
        else
        {
            error = Acl.Chmod(acl, Overrides.BackingMode);
            if (error == Errno.None) error = Syscall.SetXattrAt(place.Dir, place.Name, Acl.AccessName, acl, flags);
        }
        if (error is not (Errno.None or Errno.NODATA)) return error;
        return Upper.SetOwnerAndMode(place.Dir, place.Name, uint.MaxValue, uint.MaxValue, mode);
    }

    private OverrideForm UpperForm => Upper?.Overrides ?? OverrideForm.None;

    // What goes with the mode: a list is, in part, the mode of its object.
    private static bool IsRestored(ReadOnlySpan<byte> name) => Acl.IsName(name) || name.SequenceEqual(FileCapability.Name);

    // Under which name an attribute is kept.
    private static Errno Stored(OverrideForm form, ReadOnlySpan<byte> name, Span<byte> escaped, out ReadOnlySpan<byte> stored)
    {
        stored = name;
        if (OverrideNames.IsKept(form, name)) stored = escaped[..OverrideNames.Store(name, escaped)];
        else if (MarkNames.IsMark(name)) stored = escaped[..MarkNames.Escape(name, escaped)];
        if (stored.Length > LongestName) return Errno.RANGE;
        return OverrideNames.IsPrivate(form, stored) ? Errno.PERM : Errno.None;
    }

    private Errno PrepareForXattr(NodeId node, ReadOnlySpan<byte> name, bool sets, out int slot)
    {
        var error = _tree.Find(node, out slot);
        if (error != Errno.None) return error;
        if (Acl.IsName(name) && !_options.Acl) return Errno.NOTSUP;

        // As CopyUpFacts.IsPrivileged has it: first all bytes, then what writing them would take away.
        var isPrivilege = sets && _tree.Nodes[slot].Type == FileType.Regular && name.SequenceEqual(FileCapability.Name);
        return isPrivilege ? _copyUp.Whole(slot) : _copyUp.Metadata(slot);
    }

    private Errno EnterToChange(int slot, Span<byte> buffer, out Place place)
    {
        var error = _tree.Enter(slot, buffer, out place);
        if (error != Errno.None || place.IsUpper) return error;
        place.Dispose();
        return Errno.STALE; // never a layer
    }

    // What shows may be longer than what is stored.
    private Errno GetCapability(in Place place, int slot, ReadOnlySpan<byte> stored, Span<byte> buffer, out int length)
    {
        Span<byte> value = stackalloc byte[FileCapability.MaxLength];
        var error = Syscall.GetXattrAt(place.Dir, place.Name, stored, value, out length);
        if (error == Errno.NODATA && _tree.Nodes[slot].State is OpenFile file && file.TryGetCapability(_tree.Nodes[slot].Id, value, out length)) error = Errno.None;
        if (error == Errno.None && _tree.Owners.AreMapped) error = _tree.Owners.ShowCapability(value, ref length);
        if (error != Errno.None || buffer.IsEmpty) return error;
        return value[..length].TryCopyTo(buffer) ? Errno.None : Errno.RANGE;
    }

    private Errno SetCapability(in Place place, int slot, ReadOnlySpan<byte> stored, ReadOnlySpan<byte> shown, XattrFlags flags)
    {
        if (shown.Length > FileCapability.MaxLength) return Errno.INVAL;
        Span<byte> buffer = stackalloc byte[FileCapability.MaxLength];
        shown.CopyTo(buffer);
        var value = buffer[..shown.Length];
        var error = _tree.Owners.AreMapped ? _tree.Owners.StoreCapability(value) : Errno.None;
        if (error != Errno.None) return error;

        // Both at once: what is being written back must keep it.
        using (_files.StripeOf(slot).Enter())
        {
            error = Syscall.SetXattrAt(place.Dir, place.Name, stored, value, flags);
            if (error == Errno.None && stored.SequenceEqual(FileCapability.Name) && _tree.Nodes[slot].State is OpenFile file) file.SetCapability(value);
        }
        return error;
    }

    private void ForgetDefaultAcl(int slot)
    {
        if (_tree.Nodes[slot].State is UnionDirectory directory) directory.HasDefaultAcl = null;
    }
}
