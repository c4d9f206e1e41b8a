using System.Globalization;
using System.Text;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>An <see cref="Explanation"/> for people: a sentence, a line for each layer, the rules, and where a write would go.</summary>
/// <param name="directory">The current directory: layers beneath it are named from there.</param>
internal sealed partial class ExplanationWords(Palette palette, byte[] directory)
{
    private readonly StringBuilder _text = new();

    public byte[] Tell(IEnumerable<Explanation> explanations)
    {
        foreach (var explanation in explanations)
        {
            if (_text.Length > 0) _text.Append('\n');
            Tell(explanation);
        }
        return Encoding.UTF8.GetBytes(_text.ToString());
    }

    private void Tell(Explanation explanation)
    {
        _text.Append($"{palette.Title}{Headline(explanation)}{palette.End}\n");
        foreach (var note in explanation.Parents) _text.Append($"  {Tell(note, explanation)}\n");

        var rows = explanation.Findings
            .Select(finding => (LayerFinding: finding, Layer: LayerName(finding.Layer), Root: Shown(finding.Root), What: What(finding, explanation), Note: Note(finding, explanation)))
            .ToList();
        var layerWidth = rows.Select(row => row.Layer.Length).DefaultIfEmpty().Max();
        var rootWidth = rows.Select(row => row.Root.Length).DefaultIfEmpty().Max();
        var whatWidth = rows.Where(row => row.Note.Length > 0).Select(row => row.What.Length).DefaultIfEmpty().Max();
        foreach (var row in rows)
        {
            var line = $"  {row.Layer.PadRight(layerWidth)}  {row.Root.PadRight(rootWidth)}  {row.What.PadRight(row.Note.Length > 0 ? whatWidth : 0)}{(row.Note.Length > 0 ? "  <- " : "")}{row.Note}";
            var colour = Colour(row.LayerFinding);
            _text.Append(colour.Length > 0 ? $"{colour}{line}{palette.End}\n" : $"{line}\n");
        }
        foreach (var rule in explanation.Rules) _text.Append($"  {"rule",-6}  {Words(rule)}\n");
        foreach (var effect in explanation.Effects)
        {
            var line = $"  {Words(effect.Deed, IsDirectory(explanation)),-6}  {(effect.Deed == Deed.Remove && IsDirectory(explanation) ? "when empty: " : "")}{Words(effect, explanation)}";
            _text.Append(effect.Kind == EffectKind.Refused ? $"{palette.Hides}{line}{palette.End}\n" : $"{line}\n");
        }
    }

    private string Headline(Explanation explanation)
    {
        var path = ByteText.Show(explanation.Path);
        var subject = ByteText.Show(explanation.Subject);
        var isWhole = path == subject;
        return explanation.Outcome switch
        {
            Outcome.Found => $"{path} is {Found(explanation)}",
            Outcome.Hidden when isWhole => $"{path} does not exist: a whiteout in {Name(Ending(explanation))} hides it.",
            Outcome.Hidden => $"{path} does not exist: {subject} is hidden by a whiteout in {Name(Ending(explanation))}.",
            Outcome.NotDirectory => $"{path} does not exist: {subject} is {TypeWords(explanation.Decisive!)}, not a directory.",
            Outcome.Reserved => $"{path} does not exist: {subject} has a name that layers write whiteouts with.",
            Outcome.Broken => $"{path} cannot be looked up: {explanation.Error.Describe()}.",
            _ when explanation.Rules.Contains(Rule.OnlyMembersCount) => $"{path} does not exist: the layers that have {(isWhole ? "it" : subject)} do not count here.",
            _ => $"{path} does not exist: no layer has {(isWhole ? "it" : subject)}.",
        };
    }

    private string Found(Explanation explanation)
    {
        var decisive = explanation.Decisive!;
        var members = explanation.Findings.Where(finding => finding.Part is Part.Decides or Part.Merges).Select(Name).ToList();
        if (members.Count > 1) return $"a directory, merged from {string.Join(", ", members.SkipLast(1))} and {members[^1]}.";
        if (explanation.IsSharedCopy) return $"{TypeWords(decisive)}: one of its other names was changed, and the copy in the upper is shared by all.";
        if (!decisive.IsMetacopy) return $"{TypeWords(decisive)} of {Name(decisive)}.";
        if (decisive.IsPartial) return Joined(explanation, decisive);
        return explanation.DataLayer < 0
            ? $"{TypeWords(decisive)} that is broken: {Name(decisive)} has its metadata, and no layer has its bytes. Reading it fails with EIO."
            : $"{TypeWords(decisive)}: its metadata is that of {Name(decisive)}, its bytes are {ByteText.Show(explanation.DataPlace)} of {DataLayer(explanation)}.";
    }

    // What was written is in the upper; what was not is read from where it was.
    private string Joined(Explanation explanation, LayerFinding decisive) => explanation.DataLayer < 0
        ? $"{TypeWords(decisive)} that is broken: {Name(decisive)} has the blocks that were written, and no layer has the others. Reading those fails with EIO."
        : $"{TypeWords(decisive)}: {Name(decisive)} has the blocks that were written; the others are read from {ByteText.Show(explanation.DataPlace)} of " +
            $"{DataLayer(explanation)}, " +
            $"{(explanation.IsDataChanged ? "which is no longer the file that it was: reading them fails with EIO" : "and cannot be read any more should that be changed")}.";

    private string Tell(ParentNote note, Explanation explanation)
    {
        var path = ByteText.Show(note.Path);
        var layer = Name(explanation.Findings.First(finding => finding.Layer == note.Layer));
        return note.Kind switch
        {
            ParentNoteKind.Moved => $"{path} carries a redirect in {layer}: the layers below have it as {ByteText.Show(note.Redirect)}.",
            ParentNoteKind.Opaque => $"{path} is opaque in {layer}: what the layers below have of it does not show.",
            ParentNoteKind.Whiteout => $"{path} has a whiteout in {layer}: what the layers below have of it does not show.",
            _ => $"{path} is a file in {layer}: what the layers below have of it does not show.",
        };
    }

    private string What(LayerFinding finding, Explanation explanation)
    {
        var text = finding.Kind switch
        {
            LayerFindingKind.Nothing => "nothing",
            LayerFindingKind.NoDirectory => $"no directory {ByteText.Show(Above(finding.Place))}",
            LayerFindingKind.Whiteout => $"whiteout ({Form(finding.Whiteout, "whiteout")})",
            LayerFindingKind.Covered => "a mount point",
            LayerFindingKind.Unreadable => $"unreadable: {finding.Error.Describe()}",
            LayerFindingKind.Directory => "directory",
            _ when finding.IsPartial => $"some blocks of a file of {Bytes(finding.Size)}",
            _ when finding.IsMetacopy => $"metadata of a file of {Bytes(finding.Size)} (metacopy)",
            _ when finding.Type == FileType.Regular => $"file, {Bytes(finding.Size)}",
            _ => Kind(finding.Type),
        };
        if (finding.Opaque != MarkForm.None) text += $", opaque ({Form(finding.Opaque, "opaque")})";
        if (finding.HasMarkedWhiteouts) text += ", empty files in it may be whiteouts (opaque=x)";
        if (finding.Redirect is { } redirect) text += $", redirect to {ByteText.Show(redirect)}";
        var isElsewhere = finding.Kind != LayerFindingKind.NoDirectory && !finding.Place.AsSpan().SequenceEqual(explanation.Subject);
        return isElsewhere ? $"{text}, at {ByteText.Show(finding.Place)}" : text;
    }

    private string Note(LayerFinding finding, Explanation explanation) => finding.Part switch
    {
        Part.Decides => IsDirectory(explanation) ? "its owner, mode and times show" : "this one shows",
        Part.Merges => "merges",
        Part.Ends => "hides what is below",
        Part.Fails => "the search ends here",
        Part.CutOff => "its directory does not show",
        Part.Hidden => $"hidden by {Name(explanation.Findings.TakeWhile(above => above != finding).Last(above => above.Part is Part.Decides or Part.Merges or Part.Ends or Part.Fails))}",
        _ => "",
    };

    private string Colour(LayerFinding finding) => finding.Part switch
    {
        Part.Decides or Part.Merges => palette.Shows,
        Part.Ends or Part.Fails => palette.Hides,
        _ => palette.Faint,
    };

    private static LayerFinding Ending(Explanation explanation) => explanation.Findings.First(finding => finding.Part == Part.Ends);

    private static bool IsDirectory(Explanation explanation) => explanation.Decisive?.Type == FileType.Directory;

    private static string LayerName(int layer) => layer == 0 ? "upper" : $"layer {layer.ToString(CultureInfo.InvariantCulture)}";

    private string DataLayer(Explanation explanation) =>
        explanation.Findings.FirstOrDefault(finding => finding.Layer == explanation.DataLayer) is { } finding ? Name(finding) : $"the data-only layer {Shown(explanation.DataRoot)}";

    private string Name(LayerFinding finding) => finding.Layer == 0 ? "the upper" : $"layer {finding.Layer.ToString(CultureInfo.InvariantCulture)} ({Shown(finding.Root)})";

    // From the current directory, where it lies beneath that.
    private string Shown(byte[] root)
    {
        var prefix = directory.AsSpan().TrimEnd((byte)'/');
        var isBeneath = root.AsSpan().StartsWith(prefix) && root.Length > prefix.Length + 1 && root[prefix.Length] == '/';
        return ByteText.Show(isBeneath ? root.AsSpan(prefix.Length + 1) : root);
    }

    private static byte[] Above(byte[] place) => Array.LastIndexOf(place, (byte)'/') is var slash and > 0 ? place[..slash] : "/"u8.ToArray();
}
