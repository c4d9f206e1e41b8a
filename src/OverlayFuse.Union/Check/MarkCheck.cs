using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Reads every mark on an object of the upper, says what it means, and what is wrong with it.</summary>
internal sealed class MarkCheck(InspectedUnion union, CheckReport report, PartialCheck partial, IReadOnlySet<ulong> counted)
{
    private const int LongestValue = 4096;

    // Directories of the upper by the topmost lower directory that shows in them.
    private readonly Dictionary<(int Layer, ulong Inode), UpperObject> _merged = [];

    /// <summary>Redirects and metacopies in user marks that say something: they need the fence.</summary>
    public int UserMarks { get; private set; }

    /// <summary>Objects whose owner, mode and type are kept in a mark.</summary>
    public int Overrides { get; private set; }

    public void Examine(UpperObject at)
    {
        Override(at);
        MergedOnce(at);
        foreach (var family in (ReadOnlySpan<MarkFamily>)[MarkFamily.Trusted, MarkFamily.User])
        {
            var found = family == MarkFamily.Trusted ? at.Marks.Trusted : at.Marks.User;
            foreach (var mark in Enum.GetValues<MarkSet>())
            {
                if (mark != MarkSet.None && (found & mark) != 0) Examine(at, mark, family);
            }
        }
        if (at.Marks.FuseOverlayFsOpaque) report.Explain("opaque", at.Path, "opaque, as fuse-overlayfs marks it: nothing of the lower layers shows in it");
    }

    // Only under a root that says so: elsewhere the attribute is a user's, that of a container tool in a container for example.
    private void Override(UpperObject at)
    {
        var form = union.Upper.Overrides;
        if (form == OverrideForm.None || at.Status.IsWhiteoutDevice) return;
        var name = Encoding.ASCII.GetString(OverrideNames.Mark(form));
        var value = new byte[2 * OverrideStat.MaxLength];
        var error = at.Read(OverrideNames.Mark(form), value, out var length);
        if (error is Errno.NODATA or Errno.NOTSUP) return;
        Overrides++;
        var stored = at.Stored();
        if (error is not (Errno.None or Errno.RANGE))
            report.Problem("mark-unreadable", at.Path, $"its mark {name} cannot be read ({error.Describe()})", "Give yourself the right to read it.");
        else if (error == Errno.RANGE || !OverrideStat.TryParse(value.AsSpan(0, length), out var stat) || !stat.TryApply(ref stored))
            report.Problem("override-broken", at.Path, $"its mark {name} cannot be understood, so its owner, mode and type are not known: every access fails",
                $"Write what it was, as UID:GID:MODE:TYPE, with setfattr -n {name}.");
        else
            report.Explain("override", at.Path, $"shows as {stat.ToText()}, whatever it is in the upper");
    }

    // Two directories can have the same one below only where one of them was moved there.
    private void MergedOnce(UpperObject at)
    {
        if (at.IsRoot || at.Below is not { Lowers: [var lower, ..] } || _merged.TryAdd((lower.Layer.Index, lower.Inode), at)) return;
        var other = _merged[(lower.Layer.Index, lower.Inode)];
        var isLater = at.Path.AsSpan().SequenceCompareTo(other.Path) > 0;
        var (moved, first) = at.Marks.Has(MarkSet.Redirect) && (isLater || !other.Marks.Has(MarkSet.Redirect)) ? (at, other) : (other, at);
        if (!moved.Marks.Has(MarkSet.Redirect)) return;
        var family = moved.Marks.FamilyOf(MarkSet.Redirect);
        report.Problem("redirect-twice", moved.Path, $"it shows the same directory of the lower layers as {Show(first.Path)}, and nothing can have been moved to two places",
            $"Whichever of the two is not it: take its mark {Name(MarkSet.Redirect, family)} away, and hide what is below with setfattr -n {Name(MarkSet.Opaque, family)} -v y.");
    }

    private void Examine(UpperObject at, MarkSet mark, MarkFamily family)
    {
        if (mark == MarkSet.Unknown)
        {
            report.Problem("mark-unknown", at.Path, $"it has a mark of {Prefix(family)}* that this version does not know", "Use the program that wrote it.");
            return;
        }
        var value = new byte[LongestValue];
        var error = at.Read(mark, family, value, out var length);
        if (error is not (Errno.None or Errno.RANGE))
        {
            report.Problem("mark-unreadable", at.Path, $"its mark {Name(mark, family)} cannot be read ({error.Describe()})", "Give yourself the right to read it.");
            return;
        }
        value = error == Errno.RANGE ? new byte[LongestValue + 1] : value[..length];
        switch (mark)
        {
            case MarkSet.Opaque: Opaque(at, family, value); break;
            case MarkSet.Whiteout: Whiteout(at, family); break;
            case MarkSet.Redirect: Redirect(at, family, value); break;
            case MarkSet.Metacopy: Metacopy(at, family, value); break;
            case MarkSet.Partial: partial.Examine(at, family, value); break;
            case MarkSet.Origin: Origin(at, family, value); break;
            case MarkSet.Impure: OnlyIf(at, mark, family, at.Status.IsDirectory && value is [(byte)'y'], "it holds objects that were copied up"); break;
            case MarkSet.Nlink: Nlink(at, family, value); break;
            case MarkSet.Uuid: OnlyIf(at, mark, family, at.IsRoot && value.Length == 16, "the identity that kernel overlayfs gives the union"); break;
            case MarkSet.Protattr: OnlyIf(at, mark, family, ProtattrMark.TryParse(value, out _), "attributes of chattr(1) that the union shows and the upper does not have"); break;
            default: Meaningless(at, mark, family); break; // of the kernel's index, and not of an upper
        }
    }

    private void Opaque(UpperObject at, MarkFamily family, byte[] value)
    {
        var kind = at.Status.IsDirectory ? OpaqueMark.Parse(value) : OpaqueKind.None;
        switch (kind)
        {
            case OpaqueKind.Opaque:
                report.Explain("opaque", at.Path, "opaque: nothing of the lower layers shows in it");
                break;
            case OpaqueKind.HasXattrWhiteouts:
                report.Explain("opaque-x", at.Path, "merged with the lower layers; empty files in it that have a whiteout mark are whiteouts");
                break;
            case OpaqueKind.None:
                Meaningless(at, MarkSet.Opaque, family);
                break;
            default:
                var text = $"its mark {Name(MarkSet.Opaque, family)} is {value.Length} bytes long where one is meant, so it cannot be told whether the lower layers show in it: every access fails";
                var nothingBelow = !at.IsRoot && !at.Marks.Has(MarkSet.Redirect) && !HasBelow(at);
                report.Problem("opaque-broken", at.Path, text,
                    nothingBelow ? "Nothing lies below it, so the mark is removed." : $"Hide what is below with setfattr -n {Name(MarkSet.Opaque, family)} -v y, or " +
                        $"show it with setfattr -x {Name(MarkSet.Opaque, family)}.",
                    nothingBelow ? () => at.Unmark(MarkSet.Opaque, family) : null);
                break;
        }
    }

    private void Whiteout(UpperObject at, MarkFamily family)
    {
        if (at is { Status.Type: FileType.Regular, Status.Size: 0, Holder.HasXattrWhiteouts: true }) return; // explained as the whiteout it is
        report.Problem("whiteout-stray", at.Path,
            $"it has the mark {Name(MarkSet.Whiteout, family)}, but shows as a file: {(at.Status.Size > 0 ? "only an empty file can be a whiteout" : "its directory is not marked opaque = x")}",
            $"If the name is meant to be hidden, remove the file and make a whiteout (mknod c 0 0); if not, setfattr -x {Name(MarkSet.Whiteout, family)}.");
    }

    private void Redirect(UpperObject at, MarkFamily family, byte[] value)
    {
        var isFile = at.Status.Type == FileType.Regular && at.Marks.Has(MarkSet.Metacopy);
        if (at.Status.Type == FileType.Regular && !isFile)
        {
            report.Explain("redirect", at.Path, "left from when its bytes were in a lower layer; it means nothing now"); // kernel overlayfs leaves it
            return;
        }
        if ((!isFile && !at.Status.IsDirectory) || at.IsRoot || (at.Status.IsDirectory && IsOpaque(at)))
        {
            Meaningless(at, MarkSet.Redirect, family);
            return;
        }
        if (family == MarkFamily.User) UserMarks++;
        if (value.Length > LongestValue || RedirectMark.Parse(value, out _) != Errno.None)
        {
            report.Problem("redirect-broken", at.Path, $"its mark {Name(MarkSet.Redirect, family)} is no path, so what is below it cannot be found",
                $"If you know where it was moved from, write that with setfattr -n {Name(MarkSet.Redirect, family)} -v /PATH.");
            return;
        }
        if (isFile)
        {
            report.Explain("redirect", at.Path, $"its bytes are those of {Show(value)} in the lower layers");
            return;
        }
        if (at.Below is not { Lowers.Length: 0 }) report.Explain("redirect", at.Path, $"moved: below, it is {Show(value)}");
        else report.Problem("redirect-nowhere", at.Path, $"it was moved from {Show(value)}, and no lower layer has a directory there: what was in it is missing",
            "Check that the lower directories are those that the upper was written on.");
    }

    private void Metacopy(UpperObject at, MarkFamily family, byte[] value)
    {
        if (at.Status.Type != FileType.Regular)
        {
            Meaningless(at, MarkSet.Metacopy, family);
            return;
        }
        if (family == MarkFamily.User) UserMarks++;
        if (at.Marks.Has(MarkSet.Partial)) return; // its map says where its bytes are
        if (value.Length > MetacopyMark.MaxLength || MetacopyMark.Parse(value, out _) != Errno.None)
        {
            report.Problem("metacopy-broken", at.Path, $"its mark {Name(MarkSet.Metacopy, family)} cannot be understood, so its bytes cannot be read", "Copy the file again from where it came from.");
            return;
        }
        if (union.Search.FindData(at.Parent!, at.Name, at.Holder, at.Marks, out var where, out var name) != Errno.None || SizeOf(where!, name) is not { } size)
            report.Problem("metacopy-without-data", at.Path, "it has metadata only, and no lower layer has its bytes: it cannot be read",
                "Check that the lower directories are those that the upper was written on; else write the file anew.");
        else if (size != at.Status.Size)
            report.Problem("metacopy-size", at.Path, $"it has metadata only and is {at.Status.Size} bytes long, but its bytes in the lower layers are {size}",
                "The lower layer has been changed since; write the file anew.");
        else
            report.Explain("metacopy", at.Path, $"metadata only; its {size} bytes are in a lower layer");
    }

    private void Origin(UpperObject at, MarkFamily family, byte[] value)
    {
        switch (OriginMark.Parse(value, out _))
        {
            case OriginKind.Valid:
                report.Explain("origin", at.Path, "copied up; the mark says from which object");
                break;
            case OriginKind.Unknown:
                report.Explain("origin", at.Path, "copied up from an object that cannot be told");
                break;
            default:
                report.Problem("origin-broken", at.Path, $"its mark {Name(MarkSet.Origin, family)} is not a valid one, so every lookup fails",
                    "The mark is removed; nothing depends on it but the inode number in kernel overlayfs.", () => at.Unmark(MarkSet.Origin, family));
                break;
        }
    }

    private void Nlink(UpperObject at, MarkFamily family, byte[] value)
    {
        if (!at.Status.IsDirectory && counted.Contains(at.Status.Inode))
        {
            if (NlinkMark.TryParse(value, out _)) report.Explain("nlink", at.Path, $"one of several names of a file that was copied up; counted {Show(value)}");
            return; // what is wrong with it is found where the links are counted
        }
        report.Problem("nlink-stray", at.Path, $"its mark {Name(MarkSet.Nlink, family)} counts hard links, and no index has this file",
            "The mark is removed; the file system counts its links.", () => at.Unmark(MarkSet.Nlink, family));
    }

    private void OnlyIf(UpperObject at, MarkSet mark, MarkFamily family, bool makesSense, string meaning)
    {
        if (makesSense) report.Explain(mark.ToString().ToLowerInvariant(), at.Path, meaning);
        else Meaningless(at, mark, family);
    }

    private void Meaningless(UpperObject at, MarkSet mark, MarkFamily family) =>
        report.Problem("mark-meaningless", at.Path, $"its mark {Name(mark, family)} means nothing there", "The mark is removed.", () => at.Unmark(mark, family));

    private bool IsOpaque(UpperObject at) =>
        LayerProbe.Ask(at.Holder, at.Name, isLast: false, out var entry) == Errno.None && entry.IsOpaque;

    private bool HasBelow(UpperObject at)
    {
        var below = new SearchResult();
        return union.Search.FindBelow(at.Parent!, at.Name, below) != Errno.None || below.IsFound;
    }

    private static ulong? SizeOf(LayerDirectory where, byte[] name)
    {
        if (where.Enter(out var dir) != Errno.None) return null;
        var error = Syscall.StatAt(dir, name, cached: true, out var status);
        where.Leave();
        return error == Errno.None ? status.Size : null;
    }

    private static string Name(MarkSet mark, MarkFamily family) => Encoding.ASCII.GetString(MarkNames.Of(mark, family));

    private static string Prefix(MarkFamily family) => family == MarkFamily.Trusted ? "trusted.overlay." : "user.overlay.";

    private static string Show(byte[] value) => Encoding.UTF8.GetString(value);
}
