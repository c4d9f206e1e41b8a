using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>WORKDIR/overlayfuse/format: which version of this layout the directory has, as a line of text.</summary>
internal static class WorkFormat
{
    private const OpenFlags NewFile = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow;

    private static ReadOnlySpan<byte> Current => "overlayfuse 1\n"u8;

    /// <summary>Refuses what a later version wrote; writes the version where there is none.</summary>
    public static void Check(DirFd root, string workPath)
    {
        var error = Read(root, out var isCurrent);
        if (error == Errno.NOENT) error = Write(root);
        else if (error == Errno.None && !isCurrent)
            throw new MountException($"{workPath}/overlayfuse was written by another version of this program (see the file \"format\" there): mount it with that version.");
        if (error != Errno.None) throw new MountException($"cannot use {workPath}/overlayfuse/format: {error.Describe()}. {Advice.For(error, "Give a work directory that you may read and write.")}");
    }

    /// <summary>NOENT where there is no version, or where a loss of power has left less than a whole line: the file is not synced.</summary>
    public static Errno Read(DirFd root, out bool isCurrent)
    {
        Span<byte> found = stackalloc byte[64];
        var count = 0;
        var error = Syscall.OpenAt(root, "format"u8, OpenFlags.ReadOnly | OpenFlags.NoFollow, 0, out var file);
        if (error == Errno.None) error = Syscall.PRead(file, found, 0, out count);
        file.Close();
        var text = found[..count].TrimEnd((byte)0); // a file whose bytes never came to the disk may have its length
        isCurrent = text.SequenceEqual(Current);
        return error == Errno.None && !isCurrent && Current.StartsWith(text) ? Errno.NOENT : error;
    }

    public static Errno Write(DirFd root)
    {
        var error = Syscall.OpenAt(root, "format.new"u8, NewFile, Mode.OwnerReadWrite, out var file);
        if (error != Errno.None) return error;

        error = Syscall.PWrite(file, Current, 0, out _);
        file.Close();
        return error != Errno.None ? error : Syscall.RenameAt2(root, "format.new"u8, root, "format"u8, RenameFlags.None);
    }
}
