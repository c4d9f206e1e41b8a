using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>
/// Walks a path down from the root and asks every layer on the way, also those that the search for a name would not need: they are
/// what is hidden. Decisions are those of <see cref="Descent"/>; this does the asking and follows the redirects.
/// </summary>
internal sealed class Survey(LayerView view) : IDisposable
{
    private readonly List<LayerDirectory> _opened = [];
    private readonly List<ParentNote> _parents = [];
    private Station[] _stations = [.. view.Layers.Select(layer => new Station(layer.Root, true, []))];
    private Errno _refusal = view.Writer is null ? Errno.ROFS : Errno.None;

    public Explanation Explain(List<byte[]> names)
    {
        var path = UnionPath.Join(names);
        var at = "/"u8.ToArray();
        var sight = LookAtRoot();
        for (var depth = 0; depth < names.Count; depth++)
        {
            if (Explanation.Judge(sight.Findings) != Outcome.Found || sight.Entry.Kind != EntryKind.Directory) break;
            Pass(at, sight);
            at = UnionPath.Join(names.Take(depth + 1));
            if (OciNames.Classify(names[depth]) != OciNameKind.Ordinary) return new Explanation { Path = path, Subject = at, Outcome = Outcome.Reserved, Findings = [] };
            sight = Look(names[depth]);
        }
        return Conclude(path, at, sight);
    }

    public void Dispose()
    {
        foreach (var directory in _opened) directory.Close();
    }

    private Sight LookAtRoot()
    {
        var sight = new Sight { Stations = _stations, Name = "."u8.ToArray(), Where = view.Layers[0].Root };
        foreach (var layer in view.Layers)
        {
            var entry = new LayerEntry { Kind = EntryKind.Directory, HasXattrWhiteouts = layer.Root.HasXattrWhiteouts };
            if (layer.Root.Enter(out var dir) == Errno.None)
            {
                if (Syscall.StatAt(dir, "."u8, cached: !layer.IsUpper, out entry.Status) == Errno.None) _ = Overrides.Show(layer.Overrides, dir, "."u8, ref entry.Status);
                layer.Root.Leave();
            }
            if (sight.Findings.Count == 0) sight.Entry = entry;
            sight.Findings.Add(Describe(layer, "/"u8.ToArray(), entry, sight.Findings.Count == 0 ? Part.Decides : Part.Merges, null));
        }
        return sight;
    }

    // A directory on the way: what there is to tell of it, and whether it could be copied up.
    private void Pass(byte[] path, Sight sight)
    {
        _parents.AddRange(ParentNote.Of(path, sight.Findings));
        if (_refusal == Errno.None && !sight.Where!.Layer.IsUpper) _refusal = CopyUpPlan.For(CopyUpFactsOf(sight), CopyUpReason.Metadata).Refusal;
        _stations = sight.Stations;
    }

    private Sight Look(byte[] name)
    {
        var from = (Station[])_stations.Clone();
        var sight = new Sight { Stations = new Station[from.Length], Name = name };
        var descent = new Descent();
        for (var i = 0; i < from.Length; i++)
        {
            var (directory, isMember, parent) = from[i];
            var place = UnionPath.Join(parent, name);
            sight.Stations[i] = new Station(null, false, place);
            if (directory is null)
            {
                sight.Findings.Add(new LayerFinding { Layer = view.Layers[i].Index, Root = view.Layers[i].Path, Place = place, Kind = LayerFindingKind.NoDirectory, Part = Part.None });
                continue;
            }

            var error = Ask(directory, name, out var entry, out var redirect);
            var part = error == Errno.None ? descent.Take(entry, isMember) : !isMember ? Part.CutOff : descent.IsOver ? Part.Hidden : Part.Fails;
            if (part is Part.Decides or Part.Merges && redirect is not null && entry.Kind == EntryKind.Directory && !descent.IsOver)
            {
                error = Follow(redirect, i, from, ref name);
                if (error != Errno.None) part = Part.Fails;
            }
            if (part == Part.Fails) descent.Fail();
            sight.Findings.Add(Describe(view.Layers[i], place, entry, part, redirect, error));
            if (part == Part.Decides) (sight.Where, sight.Entry) = (directory, entry);
            if (entry.Kind != EntryKind.Directory || entry.IsCovered) continue;
            var child = directory.Child(place.AsSpan(place.LastIndexOf((byte)'/') + 1), entry.Status, entry.HasXattrWhiteouts);
            _opened.Add(child);
            sight.Stations[i] = new Station(child, part is Part.Decides or Part.Merges, place);
        }
        return sight;
    }

    private static Errno Ask(LayerDirectory directory, byte[] name, out LayerEntry entry, out byte[]? redirect)
    {
        redirect = null;
        var error = LayerProbe.Ask(directory, name, isLast: false, out entry);
        if (error == Errno.NOENT) error = Errno.None; // its directory went away meanwhile
        if (error == Errno.None && entry is { Kind: EntryKind.File, IsCovered: false } && entry.Status.Type == FileType.Regular)
            error = Search.MarksOf(directory, name, out entry.Marks); // the probe spares asking files that do not look like it
        if (error != Errno.None || !entry.Marks.Has(MarkSet.Redirect)) return error;

        Span<byte> value = stackalloc byte[RedirectMark.MaxReadLength + 1];
        error = Search.ReadRedirect(directory, name, entry.Marks, value, out var length, out _);
        if (error == Errno.None) redirect = value[..length].ToArray();
        return error;
    }

    // What a redirect in layer `carrier` means for the layers below it: another name in the same places, or another place.
    private Errno Follow(byte[] redirect, int carrier, Station[] from, ref byte[] name)
    {
        if (redirect[0] != '/')
        {
            name = redirect;
            return Errno.None;
        }
        var error = view.Search.StackAt(redirect, view.Layers[carrier].Index, out var stack, out var last);
        if (error != Errno.None) return error;
        name = last.Of(redirect).ToArray();
        var parent = redirect[..(last.Start - 1)];
        for (var j = carrier + 1; j < from.Length; j++)
        {
            var member = Array.Find(stack, directory => directory.Layer == view.Layers[j]);
            from[j] = new Station(member, member is not null, parent);
        }
        return Errno.None;
    }

    private Explanation Conclude(byte[] path, byte[] subject, Sight sight)
    {
        var outcome = Explanation.Judge(sight.Findings);
        var isWhole = subject.AsSpan().SequenceEqual(path);
        if (outcome == Outcome.Found && !isWhole) outcome = Outcome.NotDirectory;
        var failed = sight.Findings.FirstOrDefault(finding => finding.Part == Part.Fails);
        var explanation = new Explanation { Path = path, Subject = subject, Outcome = outcome, Error = failed?.Error ?? Errno.None, Findings = sight.Findings, Parents = _parents };
        if (outcome == Outcome.Broken || !isWhole) return explanation;

        var isShared = outcome == Outcome.Found && sight.Entry is { Kind: EntryKind.File, Status.LinkCount: > 1 }
            && !sight.Where!.Layer.IsUpper && view.HasSharedCopy(sight.Where.Layer, sight.Entry.Status);
        explanation = explanation with { IsSharedCopy = isShared, Effects = Effect.Of(EffectFactsOf(sight, outcome, isShared)) };
        if (sight.Entry.Kind != EntryKind.File || !sight.Entry.Marks.Has(MarkSet.Metacopy)) return explanation;

        var error = view.Search.FindData(new UnionDirectory(null, LowerMembers()), sight.Name, sight.Where!, sight.Entry.Marks, out var where, out var dataName);
        return error != Errno.None
            ? explanation with { Error = error }
            : explanation with
            {
                DataLayer = where!.Layer.Index,
                DataRoot = where.Layer.Path,
                DataPlace = where.PathFromRoot(dataName),
                IsDataChanged = IsDataChanged(sight, where, dataName)
            };
    }

    private bool IsDataChanged(Sight sight, LayerDirectory where, byte[] name)
    {
        if (!view.Maps.IsOpen || !sight.Entry.Marks.Has(MarkSet.Partial)) return false;
        Span<byte> value = stackalloc byte[PartialMark.YoungLength];
        if (sight.Where!.Enter(out var dir) != Errno.None) return false;
        var error = Syscall.GetXattrAt(dir, sight.Name, MarkNames.Partial(sight.Entry.Marks.FamilyOf(MarkSet.Partial)), value, out var length);
        sight.Where.Leave();
        if (error != Errno.None || !PartialMark.TryRead(value[..length], out var mark) || where.Enter(out dir) != Errno.None) return true;
        error = Syscall.StatAt(dir, name, cached: true, out var status);
        where.Leave();
        return error != Errno.None || !PartialMaps.IsFor(view.Maps, mark, Fingerprint.Of(where.Layer.Number, status));
    }

    private EffectFacts EffectFactsOf(Sight sight, Outcome outcome, bool isShared)
    {
        var below = new SearchResult();
        if (sight.Name is not [(byte)'.']) _ = view.Search.FindIn(LowerMembers(), sight.Name, below);
        return new EffectFacts
        {
            Refusal = _refusal,
            Exists = outcome == Outcome.Found,
            IsRoot = sight.Name is [(byte)'.'],
            InUpper = sight.Where?.Layer.IsUpper == true,
            IsSharedCopy = isShared,
            Type = sight.Entry.Status.Type,
            IsCovered = sight.Entry.IsCovered,
            IsMetacopy = sight.Entry.Marks.Has(MarkSet.Metacopy),
            IsPartial = sight.Entry.Marks.Has(MarkSet.Partial),
            HasBelow = below.IsFound,
            HasLowers = sight.Stations.Any(station => station is { IsMember: true, Directory.Layer.IsUpper: false }),
            IsHidden = sight.Findings[0] is { Layer: 0, Part: Part.Ends },
            CopyUp = CopyUpFactsOf(sight),
        };
    }

    private CopyUpFacts CopyUpFactsOf(Sight sight)
    {
        if (view.Writer is not { } writer || sight.Where is not { } where || where.Enter(out var dir) != Errno.None) return default;
        var error = CopyUpFacts.Gather(dir, sight.Name, where.Layer.Overrides, sight.Entry.Status, writer.Credentials, writer.CanMetacopy, writer.WholeUpTo, out var facts);
        where.Leave();
        return error == Errno.None ? facts : facts with { MayOwn = error };
    }

    private LayerDirectory[] LowerMembers() =>
        [.. _stations.Where(station => station is { IsMember: true, Directory.Layer.IsUpper: false }).Select(station => station.Directory!)];

    private static LayerFinding Describe(Layer layer, byte[] place, in LayerEntry entry, Part part, byte[]? redirect, Errno error = Errno.None) => new()
    {
        Layer = layer.Index,
        Root = layer.Path,
        Place = place,
        Part = part,
        Kind = error != Errno.None ? LayerFindingKind.Unreadable : KindOf(entry),
        Type = entry.Status.Type,
        Size = entry.Kind == EntryKind.File && entry.Status.Type == FileType.Regular ? entry.Status.Size : 0,
        Whiteout = WhiteoutOf(entry),
        Opaque = OpaqueOf(entry),
        HasMarkedWhiteouts = entry.HasXattrWhiteouts,
        IsMetacopy = entry.Kind == EntryKind.File && entry.Marks.Has(MarkSet.Metacopy),
        IsPartial = entry.Kind == EntryKind.File && entry.Marks.Has(MarkSet.Metacopy) && entry.Marks.Has(MarkSet.Partial),
        Redirect = redirect,
        Error = error,
    };

    private static LayerFindingKind KindOf(in LayerEntry entry) => entry.Kind switch
    {
        EntryKind.Absent => LayerFindingKind.Nothing,
        EntryKind.Whiteout => LayerFindingKind.Whiteout,
        _ when entry.IsCovered => LayerFindingKind.Covered,
        EntryKind.Directory => LayerFindingKind.Directory,
        _ => LayerFindingKind.File,
    };

    private static MarkForm WhiteoutOf(in LayerEntry entry)
    {
        if (entry.Kind != EntryKind.Whiteout) return MarkForm.None;
        if (entry.Status.IsWhiteoutDevice) return MarkForm.Device;
        return entry.Marks.Has(MarkSet.Whiteout) ? FormOf(entry.Marks.FamilyOf(MarkSet.Whiteout)) : MarkForm.Oci;
    }

    private static MarkForm OpaqueOf(in LayerEntry entry)
    {
        if (!entry.IsOpaque) return MarkForm.None;
        if (entry.Marks.FuseOverlayFsOpaque) return MarkForm.FuseOverlayFs;
        return entry.Marks.Has(MarkSet.Opaque) && !entry.HasXattrWhiteouts ? FormOf(entry.Marks.FamilyOf(MarkSet.Opaque)) : MarkForm.Oci;
    }

    private static MarkForm FormOf(MarkFamily family) => family == MarkFamily.Trusted ? MarkForm.Trusted : MarkForm.User;

    /// <summary>What is seen of one name: each layer's finding, the object that shows, and where to stand for what is beneath it.</summary>
    private sealed class Sight
    {
        public List<LayerFinding> Findings { get; } = [];

        public required Station[] Stations { get; init; }

        public required byte[] Name { get; init; }

        /// <summary>The directory of the layer that has the object that shows.</summary>
        public LayerDirectory? Where;

        public LayerEntry Entry;
    }
}
