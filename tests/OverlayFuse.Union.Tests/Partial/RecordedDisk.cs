using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// Writes down what is done to files, so that it can be told what a disk may hold after a loss of power: everything up to the last sync
/// of a file, and of what came after it any sectors, but changes of size and allocation only in their order, as journals keep them.
/// </summary>
internal sealed class RecordedDisk : ISyscallWatcher
{
    private const int Sector = 512;

    private readonly List<Event> _events = [];

    private enum Kind
    {
        Write,
        Size,
        Zero,
        Sync,
        Unmark,
        Grow,
    }

    /// <summary>How many calls there were.</summary>
    public int Now => _events.Count;

    public Errno Before(in WatchedCall call)
    {
        var fd = new Fd(call.Descriptor);
        switch (call.Call)
        {
            case SyscallName.PWrite:
                Add(fd, Kind.Write, call.Offset, call.Data.ToArray());
                break;
            case SyscallName.CopyFileRange:
                var copied = new byte[call.Length];
                Syscall.PRead(new Fd(call.OtherDescriptor), copied, (long)call.Detail, out var count);
                Add(fd, Kind.Write, call.Offset, copied[..count]);
                break;
            case SyscallName.Truncate:
                Add(fd, Kind.Size, call.Offset, []);
                break;
            case SyscallName.Fallocate when ((FallocateMode)call.Detail & (FallocateMode.PunchHole | FallocateMode.ZeroRange)) != 0:
                Add(fd, Kind.Zero, call.Offset, new byte[call.Length], keepsSize: ((FallocateMode)call.Detail & FallocateMode.KeepSize) != 0);
                break;
            case SyscallName.FSync or SyscallName.FDataSync:
                Add(fd, Kind.Sync, 0, [], isWhole: call.Call == SyscallName.FSync);
                break;
            case SyscallName.SyncFs:
                _events.Add(new Event(0, Kind.Sync, 0, [], false, true));
                break;
            case SyscallName.RemoveXattr when call.OtherName.EndsWith("overlay.metacopy"u8):
                Add(fd, Kind.Unmark, 0, []);
                break;
            case SyscallName.SetXattr when call.OtherName.EndsWith("overlay.partial"u8):
                Add(fd, Kind.Grow, 0, []);
                break;
        }
        return Errno.None;
    }

    /// <summary>One of the contents that a file may have when the power goes after so many calls.</summary>
    /// <param name="begin">What it held, on disk, when the recording began.</param>
    public byte[] After(int calls, ulong inode, byte[] begin, Random random)
    {
        var own = _events.Take(calls).Where(e => e.Inode == inode || (e.Inode == 0 && e.Kind == Kind.Sync)).ToList();
        var synced = own.FindLastIndex(e => e.Kind == Kind.Sync);
        var content = begin.ToArray();
        for (var i = 0; i <= synced; i++) Apply(ref content, own[i]);

        // How many of the changes of metadata are in the journal, and how likely a sector is on disk.
        var loose = own.Skip(synced + 1).ToList();
        var kept = random.Next(loose.Count + 1);
        var share = random.Next(3) switch { 0 => 0.0, 1 => 1.0, _ => random.NextDouble() };
        var isCut = false;
        for (var i = 0; i < loose.Count; i++)
        {
            var isKept = i < kept;
            if (loose[i].Kind is Kind.Size or Kind.Zero)
            {
                if (isKept) Apply(ref content, loose[i]);
                else isCut = true;
            }
            else if (loose[i].Kind == Kind.Write && !isCut) ApplyTorn(ref content, loose[i], extends: isKept, share, random);
        }
        return content;
    }

    /// <summary>Writes down what was written to a file before the recording, and was not synced.</summary>
    public void Wrote(ulong inode, byte[] bytes) => _events.Add(new Event(inode, Kind.Write, 0, bytes, false, false));

    /// <summary>Whether the metacopy mark of a file is gone from the disk when the power goes after so many calls; null: it may or may not be.</summary>
    public bool? IsUnmarked(int calls, ulong inode) => IsOnDisk(calls, inode, Kind.Unmark);

    /// <summary>Whether the partial mark of a file says on disk that its map is there; null: it may or may not.</summary>
    public bool? IsGrown(int calls, ulong inode) => IsOnDisk(calls, inode, Kind.Grow);

    private bool? IsOnDisk(int calls, ulong inode, Kind kind)
    {
        var own = _events.Take(calls).ToList();
        var at = own.FindIndex(e => e.Inode == inode && e.Kind == kind);
        if (at < 0) return false;
        return own.Skip(at).Any(e => e is { Kind: Kind.Sync, IsWhole: true } && (e.Inode == inode || e.Inode == 0)) ? true : null;
    }

    private void Add(Fd fd, Kind kind, long offset, byte[] data, bool keepsSize = false, bool isWhole = false)
    {
        if (Syscall.Stat(fd, out var status) == Errno.None) _events.Add(new Event(status.Inode, kind, offset, data, keepsSize, isWhole));
    }

    private static void Apply(ref byte[] content, Event change)
    {
        switch (change.Kind)
        {
            case Kind.Size:
                Array.Resize(ref content, (int)change.Offset);
                break;
            case Kind.Write or Kind.Zero:
                if (!change.KeepsSize && content.Length < change.End) Array.Resize(ref content, (int)change.End);
                var length = (int)Math.Clamp(content.Length - change.Offset, 0, change.Data.Length);
                if (length > 0) change.Data.AsSpan(0, length).CopyTo(content.AsSpan((int)change.Offset));
                break;
        }
    }

    private static void ApplyTorn(ref byte[] content, Event write, bool extends, double share, Random random)
    {
        if (extends && content.Length < write.End) Array.Resize(ref content, (int)write.End);
        for (var at = write.Offset; at < Math.Min(write.End, content.Length);)
        {
            var end = Math.Min(Math.Min((at / Sector + 1) * Sector, write.End), content.Length);
            if (random.NextDouble() < share) write.Data.AsSpan((int)(at - write.Offset), (int)(end - at)).CopyTo(content.AsSpan((int)at));
            at = end;
        }
    }

    private sealed record Event(ulong Inode, Kind Kind, long Offset, byte[] Data, bool KeepsSize, bool IsWhole)
    {
        public long End => Offset + Data.Length;
    }
}
