using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>An object of the upper under check: where it is, what it is, which marks it has.</summary>
/// <param name="Parent">The directory that holds it, with what lies below; null for the root of the upper.</param>
/// <param name="Below">For a directory: its own stack; null where it could not be found out.</param>
internal sealed record UpperObject(UnionDirectory? Parent, LayerDirectory Holder, byte[] Name, byte[] Path, FileStatus Status, FoundMarks Marks, UnionDirectory? Below)
{
    public bool IsRoot => Parent is null;

    /// <summary>Removes a mark: a repair.</summary>
    public Errno Unmark(MarkSet mark, MarkFamily family) => In(dir => Upper.RemoveMarkAt(dir, Name, mark, family));

    /// <summary>Removes a whiteout. The union shows no change of its directory, so the times stay.</summary>
    public Errno RemoveName() => In(dir =>
    {
        var error = Syscall.StatAt(dir, "."u8, cached: false, out var status);
        if (error == Errno.None) error = Syscall.UnlinkAt(dir, Name);
        if (error == Errno.None) _ = Syscall.UtimensAt(dir, "."u8, status.AccessTime, status.ModifyTime);
        return error;
    });

    /// <summary>What it is in the upper, whatever a mark says; nothing where it cannot be looked at.</summary>
    public FileStatus Stored()
    {
        FileStatus status = default;
        _ = In(dir => Syscall.StatAt(dir, Name, cached: false, out status));
        return status;
    }

    public Errno Read(MarkSet mark, MarkFamily family, Span<byte> value, out int length) => Read(MarkNames.Of(mark, family), value, out length);

    public Errno Read(ReadOnlySpan<byte> attribute, Span<byte> value, out int length)
    {
        length = 0;
        var error = Holder.Enter(out var dir);
        if (error != Errno.None) return error;
        error = Syscall.GetXattrAt(dir, Name, attribute, value, out length);
        Holder.Leave();
        return error;
    }

    private Errno In(Func<DirFd, Errno> action)
    {
        var error = Holder.Enter(out var dir);
        if (error != Errno.None) return error;
        error = action(dir);
        Holder.Leave();
        return error;
    }
}
