namespace OverlayFuse.Union;

/// <summary>Why a directory on the way to a path has the members it has.</summary>
/// <param name="Path">In the union.</param>
/// <param name="Layer">The layer that says so.</param>
/// <param name="Redirect">For <see cref="ParentNoteKind.Moved"/>: where it is below.</param>
public sealed record ParentNote(byte[] Path, ParentNoteKind Kind, int Layer, byte[]? Redirect)
{
    /// <summary>What there is to tell of a directory that was found. Pure.</summary>
    internal static IEnumerable<ParentNote> Of(byte[] path, IReadOnlyList<LayerFinding> findings)
    {
        for (var i = 0; i < findings.Count; i++)
        {
            var finding = findings[i];
            var hidesSome = findings.Skip(i + 1).Any(below => below is { Part: Part.Hidden, Kind: LayerFindingKind.Directory });
            if (finding.Part is Part.Decides or Part.Merges && finding.Redirect is { } redirect && finding.Opaque == MarkForm.None)
                yield return new ParentNote(path, ParentNoteKind.Moved, finding.Layer, redirect);
            else if (finding.Part is Part.Decides or Part.Merges && finding.Opaque != MarkForm.None && hidesSome)
                yield return new ParentNote(path, ParentNoteKind.Opaque, finding.Layer, null);
            else if (finding.Part == Part.Ends && hidesSome)
                yield return new ParentNote(path, ParentNoteKind.Whiteout, finding.Layer, null);
            else if (finding is { Part: Part.Hidden, Kind: LayerFindingKind.File } && hidesSome)
            {
                yield return new ParentNote(path, ParentNoteKind.File, finding.Layer, null);
                yield break;
            }
        }
    }
}
