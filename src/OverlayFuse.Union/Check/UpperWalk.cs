using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Goes through the upper, object by object, with the stack of lower directories at hand.</summary>
internal sealed class UpperWalk(InspectedUnion union, MarkCheck marks, CheckReport report, IProgress<CheckReport>? progress)
{
    private readonly Stack<(UnionDirectory Directory, byte[] Path, bool IsPure)> _waiting = [];
    private readonly Origins _origins = union.Own.IsOpen ? Origins.Read(union.Own) : new Origins();
    private readonly HashSet<ulong> _claimed = [];

    /// <summary>Upper inodes with a record of an inode number to show, of which nothing was met.</summary>
    public IReadOnlyCollection<(ulong Inode, ulong Number)> Unclaimed =>
        [.. _origins.Inodes.Where(inode => !_claimed.Contains(inode)).Select(inode => (inode, _origins.TryGet(inode, out var number) ? number : 0))];

    public void Run()
    {
        var root = union.Upper.Root;
        if (root.Enter(out var dir) == Errno.None)
        {
            var found = default(FoundMarks);
            var error = Syscall.StatAt(dir, "."u8, cached: false, out var status);
            if (error == Errno.None) error = FoundMarks.Read(dir, "."u8, out found);
            root.Leave();
            if (error == Errno.None) Seen(new UpperObject(null, root, "."u8.ToArray(), "/"u8.ToArray(), status, found, union.Root));
        }
        _waiting.Push((union.Root, [], false));
        while (_waiting.TryPop(out var next))
        {
            var error = Walk(next.Directory, next.Path, next.IsPure);
            if (error != Errno.None) CannotLook(next.Path is [] ? "/"u8.ToArray() : next.Path, error);
            next.Directory.Upper!.Close();
            foreach (var lower in next.Directory.Lowers) lower.Close();
        }
    }

    private Errno Walk(UnionDirectory directory, byte[] path, bool isPure)
    {
        var upper = directory.Upper!;
        var error = upper.Enter(out var dir);
        if (error != Errno.None) return error;
        error = DirectoryReader.Open(dir, out var reader);
        if (error == Errno.None)
        {
            using (reader)
            {
                while (reader.MoveNext()) Look(directory, dir, reader.Entry.Name, [.. path, (byte)'/', .. reader.Entry.Name], isPure);
                error = reader.Error;
            }
        }
        upper.Leave();
        return error;
    }

    private void Look(UnionDirectory directory, DirFd dir, ReadOnlySpan<byte> name, byte[] path, bool isPure)
    {
        report.Objects++;
        progress?.Report(report);
        if (LookOci(name, path)) return;
        var upper = directory.Upper!;
        var error = LayerProbe.Ask(upper, name, isLast: false, out var entry);
        var isBroken = error == Errno.IO; // an opaque mark that cannot be understood
        if (isBroken) error = Syscall.StatAt(dir, name, cached: false, out entry.Status);
        if (error == Errno.None && !isBroken && entry.Kind == EntryKind.Absent) return;
        if (error == Errno.None) error = FoundMarks.Read(dir, name, out entry.Marks);
        if (error != Errno.None)
        {
            CannotLook(path, error);
            return;
        }

        UnionDirectory? below = null;
        if (entry.Status.IsDirectory)
        {
            var found = new SearchResult();
            if (union.Search.Find(directory, name, found) == Errno.None && found.Members.Count > 0) below = new UnionDirectory(found.Members[0], [.. found.Members[1..]]);
            _waiting.Push((below ?? new UnionDirectory(upper.Child(name, entry.Status, entry.HasXattrWhiteouts), []), path, below is { Lowers.Length: 0 }));
        }
        var at = new UpperObject(directory, upper, name.ToArray(), path, entry.Status, entry.Marks, below);
        if (entry.Kind == EntryKind.Whiteout) LookAtWhiteout(at, isPure);
        Seen(at);
    }

    private void LookAtWhiteout(UpperObject at, bool isPure)
    {
        var below = new SearchResult();
        if (isPure)
            report.Problem("whiteout-needless", at.Path, "a whiteout in a directory that shows nothing of the lower layers; kernel overlayfs would list it", "The whiteout is removed.", at.RemoveName);
        else if (union.Search.FindBelow(at.Parent!, at.Name, below) == Errno.None && !below.IsFound)
            report.Explain("whiteout", at.Path, "a whiteout of a name that no lower layer has");
        else
            report.Explain("whiteout", at.Path, "a whiteout: hides the name in the lower layers");
    }

    private bool LookOci(ReadOnlySpan<byte> name, byte[] path)
    {
        switch (OciNames.Classify(name))
        {
            case OciNameKind.Ordinary:
                return false;
            case OciNameKind.Whiteout:
                report.Explain("whiteout", path, "a whiteout as AUFS and OCI layers have it; kernel overlayfs takes it for a file");
                break;
            case OciNameKind.OpaqueMarker:
                report.Explain("opaque", path, "makes its directory opaque, as in AUFS and OCI layers; kernel overlayfs takes it for a file");
                break;
            default:
                report.Problem("name-reserved", path, "the name is reserved for whiteouts and hides nothing, so the file does not show", "Give it another name, or remove it.");
                break;
        }
        return true;
    }

    private void Seen(UpperObject at)
    {
        if (at.Status.HasBirthTime ? _origins.Matches(at.Status.Inode, at.Status.BirthTime) : _origins.TryGet(at.Status.Inode, out _)) _claimed.Add(at.Status.Inode);
        marks.Examine(at);
    }

    private void CannotLook(byte[] path, Errno error) =>
        report.Problem("unreadable", path, $"it cannot be looked at ({error.Describe()})", "Check as its owner or as root.");
}
