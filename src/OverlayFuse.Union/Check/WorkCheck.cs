using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Looks at everything in the work directory: what a mount keeps there, what a crash has left, and what does not belong there.</summary>
internal sealed class WorkCheck(InspectedUnion union, CheckReport report, UnionOptions options)
{
    private static readonly byte[][] Directories = ["temp"u8.ToArray(), "orphans"u8.ToArray(), "links"u8.ToArray(), "partial"u8.ToArray(), "widened"u8.ToArray(), "moves"u8.ToArray()];
    private static readonly byte[][] Files = ["lock"u8.ToArray(), "format"u8.ToArray(), "layers"u8.ToArray(), "inodes"u8.ToArray(), "inodes32"u8.ToArray(), "origins"u8.ToArray(), "stack"u8.ToArray()];

    private DirFd Own => union.Own;

    /// <summary>False where another version has written all this: then nothing in it can be judged.</summary>
    public bool Run()
    {
        if (!Own.IsOpen) return true;
        if (!CheckFormat()) return false;
        foreach (var name in NamesIn(Own)) CheckName(name);
        CheckMoves();
        CheckLeftovers("temp"u8, "what a mount was building when it was killed");
        CheckLeftovers("orphans"u8, "what had lost its last name when the mount was killed");
        CheckWidened();
        CheckRecords("layers"u8, LayerNumbers.Magic, payload => payload.Length > 2, "numbers of layers are lost: inode numbers may change once");
        CheckRecords("inodes"u8, InodeNumbers.Magic, payload => payload.Length == 20, "inode numbers are lost and may change once");
        CheckRecords("inodes32"u8, NarrowInodes.Magic, payload => payload.Length == 12, "inode numbers of 32 bits are lost and may change once");
        CheckRecords("origins"u8, Origins.Magic, payload => payload is [1, ..] ? payload.Length == 29 : payload is [2, ..] && payload.Length == 9, "copied-up objects may show another inode number");
        CheckStack();
        return true;
    }

    /// <summary>Records of objects that the walk of the upper has not met.</summary>
    public void CheckOrigins(IReadOnlyCollection<ulong> unclaimed)
    {
        if (unclaimed.Count == 0) return;
        report.Problem("origins-without-object", Path("origins"u8), $"{unclaimed.Count} records of inode numbers belong to objects that the upper does not have", "The records are removed.", () =>
        {
            var error = Origins.Open(Own, out var origins);
            foreach (var inode in unclaimed)
            {
                if (error == Errno.None) error = origins!.Remove(inode);
            }
            origins?.Dispose();
            return error;
        });
    }

    private bool CheckFormat()
    {
        var error = WorkFormat.Read(Own, out var isOurs);
        if (error == Errno.NOENT)
            report.Problem("format-missing", Path("format"u8), "no file says which version has written this", "It is written.", () => WorkFormat.Write(Own));
        else if (error != Errno.None || !isOurs)
            report.Problem("format-unknown", Path("format"u8), "another version of this program has written this, so nothing in the work directory can be judged", "Use that version.");
        return error == Errno.NOENT || (error == Errno.None && isOurs);
    }

    private void CheckName(byte[] name)
    {
        if (Directories.Concat(Files).Any(known => known.AsSpan().SequenceEqual(name))) return;
        var stem = name.AsSpan().EndsWith(".new"u8) ? name[..^4] : [];
        if (Files.Any(known => known.AsSpan().SequenceEqual(stem)))
            report.Problem("unfinished", Path(name), "the beginning of a file that was never finished", "It is removed.", () => Syscall.UnlinkAt(Own, name));
        else
            report.Problem("foreign", Path(name), "it is nothing of ours", "Move it away; whoever put it there may know more.");
    }

    private void CheckLeftovers(ReadOnlySpan<byte> name, string what)
    {
        if (OwnDirectory.Open(Own, name, out var directory) != Errno.None) return;
        var count = NamesIn(directory).Count;
        directory.Close();
        if (count == 0) return;
        var copy = name.ToArray();
        report.Problem("leftovers", Path(name), $"{count} objects: {what}", "They are removed, as the next mount would do.", () =>
        {
            var error = OwnDirectory.Open(Own, copy, out var opened);
            if (error == Errno.None) error = TreeSweeper.Empty(opened, out _);
            opened.Close();
            return error;
        });
    }

    private void CheckWidened()
    {
        if (OwnDirectory.Open(Own, "widened"u8, out var directory) != Errno.None) return;
        foreach (var name in NamesIn(directory))
        {
            byte[] path = [.. Path("widened"u8), (byte)'/', .. name];
            if (!Utf8Parser.TryParse(name, out ulong _, out var consumed, 'x') || consumed != name.Length)
                report.Problem("foreign", path, "it is not a note of a mode", "Move it away; whoever put it there may know more.");
            else
                report.Problem("widened", path, "a mode of the upper was wider than its owner set it when the mount was killed", "The mode is restored, as the next mount would do.", RestoreModes);
        }
        directory.Close();
    }

    private Errno RestoreModes()
    {
        var error = RestoreModes(out var journal);
        journal?.Dispose();
        return error;
    }

    private Errno RestoreModes(out WidenJournal? journal)
    {
        journal = null;
        var error = OwnDirectory.Open(Own, "widened"u8, out var directory);
        return error != Errno.None ? error : WidenJournal.Open(directory, union.UpperDirectory, union.Links, out journal);
    }

    // Before the orphans are swept: the whiteouts are among them.
    private void CheckMoves()
    {
        if (OwnDirectory.Open(Own, "moves"u8, out var directory) != Errno.None) return;
        foreach (var name in NamesIn(directory))
            report.Problem("half-moved", [.. Path("moves"u8), (byte)'/', .. name], "a name was being moved when the mount was killed",
                "The whiteout is put at the old name, as the next mount would do.", FinishMoves);
        directory.Close();
    }

    private Errno FinishMoves()
    {
        var (orphans, moves) = (DirFd.None, DirFd.None);
        var error = RestoreModes(out var widening);
        if (error == Errno.None) error = OwnDirectory.Open(Own, "orphans"u8, out orphans);
        if (error == Errno.None) error = OwnDirectory.Open(Own, "moves"u8, out moves);
        if (error == Errno.None) error = new MoveJournal(moves, orphans).Recover(union.UpperDirectory, widening!);
        moves.Close();
        orphans.Close();
        widening?.Dispose();
        return error;
    }

    private void CheckRecords(ReadOnlySpan<byte> name, ReadOnlySpan<byte> magic, Predicate isValid, string loss)
    {
        var error = RecordFile.Inspect(Own, name, magic, out var content, out var good);
        if (error == Errno.NOENT) return; // made at the next mount
        if (error != Errno.None)
        {
            report.Problem("records-unknown", Path(name),
                error == Errno.PROTONOSUPPORT ? "it has a form that this version does not know" : $"it cannot be read ({error.Describe()})",
                "Use the program that wrote it.");
            return;
        }
        var strange = 0;
        var kept = new System.Buffers.ArrayBufferWriter<byte>();
        var records = good > 0 ? new RecordReader(content.AsSpan(RecordFile.MagicLength, good - RecordFile.MagicLength)) : default;
        while (records.MoveNext())
        {
            if (isValid(records.Current)) RecordFile.Append(kept, records.Current);
            else strange++;
        }
        if (good == content.Length && strange == 0) return;
        var what = good < content.Length ? $"a record at byte {Math.Max(good, 0)} does not match its checksum, and what follows does not count" : $"{strange} records have no meaning";
        var (file, form) = (name.ToArray(), magic.ToArray());
        report.Problem("records-torn", Path(name), $"{what}; {loss}", "The good records are kept, the rest is removed.", () => Rewrite(file, form, kept.WrittenMemory));
    }

    private Errno Rewrite(byte[] name, byte[] magic, ReadOnlyMemory<byte> records)
    {
        var error = RecordFile.Open(Own, name, magic, out var file, out _);
        if (error != Errno.None) return error;
        error = file.Replace(records.Span);
        file.Dispose();
        return error;
    }

    private void CheckStack()
    {
        var error = StackRecord.Read(Own, out var record);
        if (error is Errno.None or Errno.NOENT) return; // an upper of before, or one that only was looked at
        report.Problem("stack-broken", Path("stack"u8), "it does not say what the upper was last mounted on", "It is written with the lower directories given.",
            () =>
            {
                var error = new StackRecord(union.Upper.Root.Inode, union.Upper.Path, [.. options.LowerDirectories], [.. options.DataDirectories]).Write(Own, out var unsynced);
                unsynced.Close();
                return error;
            });
    }

    private static List<byte[]> NamesIn(DirFd directory)
    {
        var names = new List<byte[]>();
        _ = DirectoryNames.Read(directory, names);
        names.Sort(ByteOrder.Instance);
        return names;
    }

    private static byte[] Path(ReadOnlySpan<byte> name) => [.. "overlayfuse/"u8, .. name];

    private delegate bool Predicate(ReadOnlySpan<byte> payload);
}
