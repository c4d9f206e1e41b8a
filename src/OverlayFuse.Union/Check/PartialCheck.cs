using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Compares the files that are marked as partly in the upper with their maps and with the lower files that have the rest.</summary>
internal sealed class PartialCheck(InspectedUnion union, CheckReport report)
{
    private readonly HashSet<string> _claimed = [];
    private bool _mayClaimAny; // a mark is broken, so any map may be its file's

    private static ReadOnlySpan<byte> Place => "overlayfuse/partial/"u8;

    /// <summary>How many files need the fence: without their map too, kernel overlayfs would take them for what they were below.</summary>
    public int Files { get; private set; }

    public void Examine(UpperObject at, MarkFamily family, byte[] value)
    {
        if (at.Status.Type != FileType.Regular || !at.Marks.Has(MarkSet.Metacopy))
        {
            report.Problem("partial-left", at.Path, "all of its bytes are in the upper, and a mark is left from when they were not", "The mark is removed.", () => at.Unmark(MarkSet.Partial, family));
            return;
        }
        Files++;
        if (!PartialMark.TryRead(value, out var mark))
        {
            _mayClaimAny = true;
            report.Problem("partial-broken", at.Path, "it has only some of its bytes in the upper, and its mark does not say where it is written which: it cannot be read", "Write the file anew.");
            return;
        }
        var name = mark.Name(new byte[PartialMark.NameLength]).ToArray();
        _claimed.Add(Encoding.ASCII.GetString(name));
        var error = Open(name, out var map);
        if (error is Errno.NOENT or Errno.BADMSG && mark.MayHaveLostMap(BootId.Current()))
        {
            Files--; // what kernel overlayfs takes it for is what it is
            Tell(at, mark.Lower, present: 0);
            return;
        }
        if (error != Errno.None)
        {
            var what = error == Errno.NOENT ? "is gone" : error == Errno.PROTONOSUPPORT ? "has a form that this version does not know" : "is broken";
            report.Problem("partial-without-map", at.Path,
                $"it has only some of its bytes in the upper, and {Encoding.ASCII.GetString([.. Place, .. name])}, which says which, {what}: it cannot be read",
                "If you have a copy of that file, put it back; else write the file anew.");
            return;
        }
        var present = map!.Present.Count();
        map.Close();
        Tell(at, map.Header.Lower, present);
    }

    private void Tell(UpperObject at, in Fingerprint lower, int present)
    {
        var layout = PartialLayout.For(lower.Size);
        var (blocks, kilobytes) = (layout.Blocks, layout.BlockSize / 1024);
        if (IsThere(at, lower))
            report.Explain("partial", at.Path, $"{present} of its {blocks} blocks of {kilobytes} KiB, and what lies beyond them, are in the upper; the others are in a lower layer");
        else
            report.Problem("partial-lower-changed", at.Path,
                $"{present} of its {blocks} blocks of {kilobytes} KiB are in the upper; the others were in a file of a lower layer that is gone or has been changed " +
                "since, and cannot be read",
                "Check that the lower directories are those that the upper was written on; if you have the old file with its old time, put it back; else write the " +
                "file anew.");
    }

    /// <summary>To be called when the whole upper was seen.</summary>
    public void CheckMaps(bool isComplete)
    {
        if (OwnDirectory.Open(union.Own, "partial"u8, out var directory) != Errno.None) return;
        var names = new List<byte[]>();
        _ = DirectoryNames.Read(directory, names);
        directory.Close();
        foreach (var name in names.Where(name => isComplete && !_mayClaimAny && !_claimed.Contains(Encoding.UTF8.GetString(name))))
        {
            report.Problem("partial-without-file", [.. Place, .. name],
                "the map of a file that the upper does not have: its mount was killed while the file was made, brought up or removed", "It is removed.", () => Remove(name));
        }
    }

    private Errno Remove(byte[] map)
    {
        var error = OwnDirectory.Open(union.Own, "partial"u8, out var directory);
        if (error == Errno.None) error = Syscall.UnlinkAt(directory, map);
        directory.Close();
        return error;
    }

    private Errno Open(byte[] name, out PartialMap? map)
    {
        map = null;
        if (!union.Own.IsOpen) return Errno.NOENT;
        var error = OwnDirectory.Open(union.Own, "partial"u8, out var directory);
        if (error != Errno.None) return error;
        error = PartialMap.Open(directory, name, write: false, syncs: false, out map);
        directory.Close();
        return error;
    }

    private bool IsThere(UpperObject at, in Fingerprint lower)
    {
        if (union.Search.FindData(at.Parent!, at.Name, at.Holder, at.Marks, out var where, out var name) != Errno.None || where!.Enter(out var dir) != Errno.None) return false;
        var error = Syscall.StatAt(dir, name, cached: true, out var status);
        where.Leave();
        return error == Errno.None && Fingerprint.Of(where.Layer.Number, status) == lower;
    }
}
