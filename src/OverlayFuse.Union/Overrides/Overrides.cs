using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Reads and writes the marks of layers that keep owners, modes and types in extended attributes (override_stat).</summary>
internal static class Overrides
{
    /// <summary>
    /// The mode of the files and directories that carry the marks, as fuse-overlayfs and containers/storage have it: whoever reads the layer
    /// can read them, and the daemon can always write its own.
    /// </summary>
    public const uint BackingMode = Mode.OwnerAllOthersReadExecute;

    /// <summary>Which mark the root of a layer carries: it says how the objects of the layer are to be read.</summary>
    public static OverrideForm FormOf(DirFd root)
    {
        foreach (var form in (ReadOnlySpan<OverrideForm>)[OverrideForm.Privileged, OverrideForm.Containers, OverrideForm.FuseOverlayFs])
        {
            if (Syscall.GetXattrAt(root, "."u8, OverrideNames.Mark(form), [], out _) == Errno.None) return form;
        }
        return OverrideForm.None;
    }

    /// <summary>Has a status of an object say what its mark says. An object without a mark is what it is; a mark that cannot be understood is EIO.</summary>
    public static Errno Show(OverrideForm form, DirFd dir, ReadOnlySpan<byte> name, ref FileStatus status)
    {
        if (!MayCarry(form, status)) return Errno.None;
        Span<byte> value = stackalloc byte[2 * OverrideStat.MaxLength];
        var error = Syscall.GetXattrAt(dir, name, OverrideNames.Mark(form), value, out var length);
        if (error is Errno.NODATA or Errno.NOTSUP) return Errno.None;
        if (error is not (Errno.None or Errno.RANGE)) return error;
        return error == Errno.None && OverrideStat.TryParse(value[..length], out var stat) && stat.TryApply(ref status) ? Errno.None : Errno.IO;
    }

    /// <summary>Writes the mark that says of an object what <paramref name="shown"/> does.</summary>
    public static Errno Store(OverrideForm form, DirFd dir, ReadOnlySpan<byte> name, in FileStatus shown)
    {
        Span<byte> value = stackalloc byte[OverrideStat.MaxLength];
        return Syscall.SetXattrAt(dir, name, OverrideNames.Mark(form), value[..OverrideStat.Of(shown).Format(value)], XattrFlags.None);
    }

    /// <summary>Whether an object can have a mark: attributes user.* are for files and directories only, and a whiteout has no owner to keep.</summary>
    public static bool MayCarry(OverrideForm form, in FileStatus stored) =>
        form != OverrideForm.None && (stored.Type is FileType.Regular or FileType.Directory || (form == OverrideForm.Privileged && !stored.IsWhiteoutDevice));

    /// <summary>readlink(2) of a symbolic link, also of one that is kept as a file with its target in it.</summary>
    public static Errno ReadLink(OverrideForm form, DirFd dir, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        var error = Syscall.ReadLinkAt(dir, name, buffer, out length);
        if (error != Errno.INVAL || form == OverrideForm.None) return error;

        error = Syscall.OpenAt(dir, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlock, 0, out var file);
        if (error != Errno.None) return error;
        error = Syscall.PRead(file, buffer, 0, out length);
        file.Close();
        return error;
    }
}
