using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>The system calls of one rename between two upper directories, under the write locks of their names.</summary>
internal readonly struct Mover(Upper upper, LayerDirectory from, DirFd oldDir, LayerDirectory to, DirFd newDir)
{
    /// <summary>Moves a name over nothing, a whiteout, a file or an empty directory.</summary>
    public Errno Move(ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName, bool isDirectory, bool leaveWhiteout)
    {
        var overWhiteout = IsWhiteout(newName, out var isMarked);
        var error = leaveWhiteout && isMarked ? upper.MarkXattrWhiteouts(from, oldDir) : Errno.None; // it may end up there
        if (error != Errno.None) return error;
        error = isDirectory && overWhiteout ? OverWhiteout(oldName, newName, leaveWhiteout) : Plain(oldName, newName, overWhiteout, leaveWhiteout);
        if (error == Errno.None) upper.RemoveOciWhiteout(newDir, newName, isDirectory);
        return error;
    }

    /// <summary>Takes an empty merged directory away, with the whiteouts in it, and leaves an empty opaque one that rename(2) can replace.</summary>
    public Errno EmptyDirectory(ReadOnlySpan<byte> name, int slot, ReadOnlySpan<byte> orphan)
    {
        var orphans = upper.Work.Orphans;
        var error = Syscall.MkdirAt(orphans, orphan, OwnDirectory.Private);
        if (error == Errno.None && upper.Features.Marks is not null) error = upper.SetOpaque(orphans, orphan); // by a file it would not be empty
        if (error == Errno.None) error = TakeAfter(name, orphans, orphan);
        if (error == Errno.None) error = upper.Rename(slot, to, newDir, name, orphans, orphan, RenameFlags.Exchange);
        if (error != Errno.None) Upper.RemoveTree(orphans, orphan);
        return error;
    }

    // The directory that stands in shows what the other did, should the daemon die before it is replaced. What an ordinary user may not
    // give or read does not keep the move from being made.
    private Errno TakeAfter(ReadOnlySpan<byte> name, DirFd dir, ReadOnlySpan<byte> standIn)
    {
        var error = upper.Status(newDir, name, out var status);
        if (error != Errno.None) return error;
        error = upper.GiveOwner(dir, standIn, status.Uid, status.Gid);
        if (error is Errno.None or Errno.PERM) error = XattrCopy.Copy(newDir, name, upper.Overrides, dir, standIn, upper.Overrides);
        if (error is Errno.PERM or Errno.ACCES) error = Errno.None;

        // An ordinary user may not give a directory another parent while its mode forbids to write it.
        if (!upper.Credentials.IsRoot && upper.Overrides == OverrideForm.None) status.Mode |= OwnDirectory.Private;
        if (error == Errno.None) error = upper.GiveMode(dir, standIn, status);
        return error != Errno.None ? error : Syscall.UtimensAt(dir, standIn, status.AccessTime, status.ModifyTime);
    }

    // A directory cannot replace a whiteout: they change places, and the whiteout stays if it is needed there.
    private Errno OverWhiteout(ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName, bool leaveWhiteout)
    {
        var error = Syscall.RenameAt2(oldDir, oldName, newDir, newName, RenameFlags.Exchange);

        // The move is made, even if a whiteout that hides nothing stays.
        if (error == Errno.None && !leaveWhiteout) _ = Syscall.UnlinkAt(oldDir, oldName);
        return error;
    }

    private Errno Plain(ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName, bool overWhiteout, bool leaveWhiteout)
    {
        if (!leaveWhiteout) return Syscall.RenameAt2(oldDir, oldName, newDir, newName, RenameFlags.None);
        if (upper.Features is { RenameWhiteout: true, Whiteout: WhiteoutForm.Device }) return Syscall.RenameAt2(oldDir, oldName, newDir, newName, RenameFlags.Whiteout);
        if (upper.Features.Whiteout != WhiteoutForm.Oci) return Leave(oldName, newName, overWhiteout);

        // An OCI whiteout hides only what is below, so it may come first.
        var made = upper.MakeWhiteout(from, oldDir, oldName);
        return made != Errno.None ? made : Syscall.RenameAt2(oldDir, oldName, newDir, newName, RenameFlags.None);
    }

    // Where one call cannot do both. The whiteout lies ready before anything moves, and the journal says where it belongs: a daemon that
    // dies between the steps leaves the last one to the next mount.
    private Errno Leave(ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName, bool overWhiteout)
    {
        if (overWhiteout) return Syscall.RenameAt2(oldDir, oldName, newDir, newName, RenameFlags.Exchange); // one that is there already will do

        Span<byte> buffer = stackalloc byte[Upper.WorkNameSize];
        var whiteout = upper.TempName(buffer);
        var orphans = upper.Work.Orphans;
        var error = upper.MakeWhiteout(from, orphans, whiteout, beside: false);
        if (error != Errno.None) return error;
        error = upper.MarkXattrWhiteouts(from, oldDir);
        var replaced = MoveJournal.Nothing;
        if (error == Errno.None) error = InodeOf(newName, out replaced);
        if (error == Errno.None) error = upper.Work.MoveJournal.Record(whiteout, replaced, from.PathFromRoot(oldName));
        if (error == Errno.None)
        {
            error = Leave(oldName, newName, whiteout, replaced == MoveJournal.Nothing ? RenameFlags.NoReplace : RenameFlags.Exchange);
            upper.Work.MoveJournal.Done(whiteout);
        }
        if (error != Errno.None) _ = Syscall.UnlinkAt(orphans, whiteout);
        return error;
    }

    // Over what the upper has, the objects change places, and what came to the old name is replaced by the whiteout; else nothing is there.
    private Errno Leave(ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName, ReadOnlySpan<byte> whiteout, RenameFlags flags)
    {
        var orphans = upper.Work.Orphans;
        var error = Syscall.RenameAt2(oldDir, oldName, newDir, newName, flags);
        if (error != Errno.None) return error;
        error = Syscall.RenameAt2(orphans, whiteout, oldDir, oldName, flags);
        if (error != Errno.None) _ = Syscall.RenameAt2(newDir, newName, oldDir, oldName, flags);
        else if (flags == RenameFlags.Exchange) Upper.RemoveTree(orphans, whiteout);
        return error;
    }

    private Errno InodeOf(ReadOnlySpan<byte> newName, out ulong inode)
    {
        var error = Syscall.StatAt(newDir, newName, cached: false, out var status);
        inode = error == Errno.None ? status.Inode : MoveJournal.Nothing;
        return error == Errno.NOENT ? Errno.None : error;
    }

    private bool IsWhiteout(ReadOnlySpan<byte> name, out bool isMarked)
    {
        var isWhiteout = LayerProbe.Ask(to, name, isLast: true, out var entry) == Errno.None && entry.Kind == EntryKind.Whiteout;
        isMarked = isWhiteout && entry.Status.Type == FileType.Regular;
        return isWhiteout;
    }
}
