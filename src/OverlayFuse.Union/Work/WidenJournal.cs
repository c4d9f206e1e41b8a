using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// The upper files whose mode is wider for a moment than their owner set it, because the daemon of an ordinary user could not open
/// them otherwise. A daemon that dies meanwhile leaves the note, and the next mount restores the mode.
/// </summary>
/// <remarks>
/// A note is a symbolic link WORKDIR/overlayfuse/widened/NUMBER (hexadecimal) with the target "MODE INODE PATH" (octal,
/// hexadecimal, beneath the upper; or "/" and a name of the index): made, read and removed by one system call each, and never half written.
/// </remarks>
internal sealed class WidenJournal : IDisposable
{
    /// <summary>Begins the path of a link of the hard link index: its name there follows.</summary>
    public const byte OfLink = (byte)'/';

    private const int NameSize = 16;
    private const int PathMax = 4096;
    private const int ModeLength = 4;
    private const OpenFlags ByPath = OpenFlags.Path | OpenFlags.NoFollow;
    private const ResolveFlags Inside = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoXdev;

    private readonly DirFd _widened;
    private ulong _last;

    private WidenJournal(DirFd widened) => _widened = widened;

    /// <summary>Takes <paramref name="widened"/> over, and first undoes what an earlier daemon left undone beneath <paramref name="upper"/> and in the index.</summary>
    public static Errno Open(DirFd widened, DirFd upper, DirFd links, out WidenJournal journal)
    {
        journal = new WidenJournal(widened);
        var names = new List<byte[]>();
        var error = DirectoryNames.Read(widened, names);
        var numbers = new List<ulong>();
        foreach (var name in names)
        {
            if (Utf8Parser.TryParse(name, out ulong number, out var consumed, 'x') && consumed == name.Length) numbers.Add(number);
        }
        numbers.Sort();

        // Last first: a directory was opened up before what is in it.
        for (var i = numbers.Count - 1; i >= 0 && error == Errno.None; i--) error = journal.Undo(new WidenTicket(numbers[i]), upper, links);
        return error;
    }

    /// <summary>To be called before the mode is changed. NAMETOOLONG where the path leaves no room for the rest: then do not widen.</summary>
    /// <param name="mode">The permission bits to come back to.</param>
    /// <param name="path">Where the file is beneath the upper, without a leading slash; or <see cref="OfLink"/> and a name of the index.</param>
    public Errno Record(ulong inode, uint mode, ReadOnlySpan<byte> path, out WidenTicket ticket)
    {
        ticket = new WidenTicket(Interlocked.Increment(ref _last));
        Span<byte> note = stackalloc byte[PathMax];
        var length = WriteMode(mode & Mode.Permissions, note);
        note[length++] = (byte)' ';
        Utf8Formatter.TryFormat(inode, note[length..], out var digits, 'x');
        length += digits;
        note[length++] = (byte)' ';
        if (path.Length >= PathMax - length) return Errno.NAMETOOLONG;
        path.CopyTo(note[length..]);

        Span<byte> name = stackalloc byte[NameSize];
        return Syscall.SymlinkAt(note[..(length + path.Length)], _widened, name[..NameOf(ticket, name)]);
    }

    /// <summary>To be called after the mode was restored.</summary>
    public void Done(in WidenTicket ticket)
    {
        Span<byte> name = stackalloc byte[NameSize];
        _ = Syscall.UnlinkAt(_widened, name[..NameOf(ticket, name)]);
    }

    public void Dispose() => _widened.Close();

    /// <summary>A mode that lets the owner do what is needed for a moment: read and write, and search where that has a meaning.</summary>
    public static uint Wide(uint mode, FileType type) => mode | (type == FileType.Directory ? Mode.OwnerAll : Mode.OwnerReadWrite);

    private Errno Undo(WidenTicket ticket, DirFd upper, DirFd links)
    {
        Span<byte> name = stackalloc byte[NameSize];
        Span<byte> note = stackalloc byte[PathMax];
        var error = Syscall.ReadLinkAt(_widened, name[..NameOf(ticket, name)], note, out var length);
        if (error != Errno.None) return error == Errno.INVAL ? Errno.None : error; // not a link, so not a note

        if (TryParse(note[..length], out var mode, out var inode, out var path)) error = path[0] == OfLink ? Restore(links, path[1..], inode, mode) : Restore(upper, path, inode, mode);
        if (error == Errno.None) Done(ticket);
        if (error is not (Errno.ACCES or Errno.PERM)) return error;

        // Somebody shut a directory on the way since, or took the file over: the note waits for a mount that may restore it.
        _last = Math.Max(_last, ticket.Number);
        return Errno.None;
    }

    private static Errno Restore(DirFd top, ReadOnlySpan<byte> path, ulong inode, uint mode)
    {
        var error = Syscall.OpenAt2(top, path, ByPath, 0, Inside, out var file);

        // Moved or removed since, or another object by now: nothing to restore here.
        if (error is Errno.NOENT or Errno.NOTDIR or Errno.LOOP or Errno.XDEV or Errno.NAMETOOLONG) return Errno.None;
        if (error != Errno.None) return error;

        error = Syscall.Stat(file, out var status);
        var isTheOne = status.Inode == inode && status.Type is FileType.Regular or FileType.Directory;

        // A mode other than the widened one was set since, by somebody who meant it. (Widening itself may have cost setgid.)
        if (error == Errno.None && isTheOne && ((status.Mode ^ Wide(mode, status.Type)) & Mode.All) == 0) error = Syscall.Chmod(file, mode);
        file.Close();
        return error;
    }

    private static bool TryParse(ReadOnlySpan<byte> note, out uint mode, out ulong inode, out ReadOnlySpan<byte> path)
    {
        (mode, inode) = (0, 0);
        path = [];
        if (note.Length < ModeLength + 1 || note[ModeLength] != ' ') return false;
        foreach (var digit in note[..ModeLength])
        {
            if (digit is < (byte)'0' or > (byte)'7') return false;
            mode = (mode << 3) | (uint)(digit - '0');
        }

        var rest = note[(ModeLength + 1)..];
        if (!Utf8Parser.TryParse(rest, out inode, out var consumed, 'x') || rest.Length <= consumed + 1 || rest[consumed] != ' ') return false;
        path = rest[(consumed + 1)..];
        return true;
    }

    private static int WriteMode(uint mode, Span<byte> to)
    {
        for (var i = 0; i < ModeLength; i++) to[i] = (byte)('0' + ((mode >> (3 * (ModeLength - 1 - i))) & 7));
        return ModeLength;
    }

    private static int NameOf(WidenTicket ticket, Span<byte> name)
    {
        Utf8Formatter.TryFormat(ticket.Number, name, out var length, 'x');
        return length;
    }
}
