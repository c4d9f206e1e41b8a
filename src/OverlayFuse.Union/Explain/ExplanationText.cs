using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>An <see cref="Explanation"/> as fields, for its way out of a live mount. "layer", "parent" and "effect" each begin a group.</summary>
public static class ExplanationText
{
    public static byte[] Write(Explanation explanation)
    {
        var text = new FieldWriter();
        text.Add("path", explanation.Path);
        text.Add("subject", explanation.Subject);
        text.Add("outcome", explanation.Outcome);
        text.Add("error", (long)explanation.Error);
        text.Add("data.layer", explanation.DataLayer);
        text.Add("data.root", explanation.DataRoot);
        if (explanation.DataPlace is { } place) text.Add("data.place", place);
        if (explanation.IsDataChanged) text.Add("data.changed", 1);
        text.Add("shared", explanation.IsSharedCopy ? 1 : 0);
        foreach (var finding in explanation.Findings) Write(text, finding);
        foreach (var note in explanation.Parents)
        {
            text.Add("parent", note.Path);
            text.Add("note", note.Kind);
            text.Add("by", note.Layer);
            if (note.Redirect is { } redirect) text.Add("to", redirect);
        }
        foreach (var effect in explanation.Effects)
        {
            text.Add("effect", effect.Deed);
            text.Add("how", effect.Kind);
            text.Add("bytes", (long)effect.Bytes);
            text.Add("refusal", (long)effect.Refusal);
        }
        return text.ToArray();
    }

    private static void Write(FieldWriter text, LayerFinding finding)
    {
        text.Add("layer", finding.Layer);
        text.Add("root", finding.Root);
        text.Add("place", finding.Place);
        text.Add("kind", finding.Kind);
        text.Add("part", finding.Part);
        if (finding.Type != FileType.None) text.Add("type", (long)finding.Type);
        if (finding.Size != 0) text.Add("size", (long)finding.Size);
        if (finding.Whiteout != MarkForm.None) text.Add("whiteout", finding.Whiteout);
        if (finding.Opaque != MarkForm.None) text.Add("opaque", finding.Opaque);
        if (finding.HasMarkedWhiteouts) text.Add("marked", 1);
        if (finding.IsMetacopy) text.Add("metacopy", 1);
        if (finding.IsPartial) text.Add("partial", 1);
        if (finding.Redirect is { } redirect) text.Add("redirect", redirect);
        if (finding.Error != Errno.None) text.Add("failure", (long)finding.Error);
    }

    /// <summary>Null: not written by <see cref="Write(Explanation)"/>.</summary>
    public static Explanation? Read(ReadOnlySpan<byte> text)
    {
        var fields = Field.ReadAll(text);
        if (fields is not [{ Key: "path" } path, { Key: "subject" } subject, ..]) return null;
        var findings = new List<LayerFinding>();
        var parents = new List<ParentNote>();
        var effects = new List<Effect>();
        var explanation = new Explanation { Path = path.Value, Subject = subject.Value, Outcome = default, Findings = findings, Parents = parents, Effects = effects };
        foreach (var field in fields)
        {
            switch (field.Key)
            {
                case "layer": findings.Add(new LayerFinding { Layer = (int)field.Number, Root = [], Place = [], Kind = default, Part = default }); break;
                case "parent": parents.Add(new ParentNote(field.Value, default, 0, null)); break;
                case "effect": effects.Add(new Effect(field.Choice<Deed>(), default)); break;
                default:
                    if (effects is [.., var effect]) effects[^1] = With(effect, field);
                    else if (parents is [.., var note]) parents[^1] = With(note, field);
                    else if (findings is [.., var finding]) findings[^1] = With(finding, field);
                    else explanation = With(explanation, field);
                    break;
            }
        }
        return explanation;
    }

    private static Explanation With(Explanation explanation, in Field field) => field.Key switch
    {
        "outcome" => explanation with { Outcome = field.Choice<Outcome>() },
        "error" => explanation with { Error = (Errno)field.Number },
        "data.layer" => explanation with { DataLayer = (int)field.Number },
        "data.root" => explanation with { DataRoot = field.Value },
        "data.place" => explanation with { DataPlace = field.Value },
        "data.changed" => explanation with { IsDataChanged = field.Number != 0 },
        "shared" => explanation with { IsSharedCopy = field.Number != 0 },
        _ => explanation,
    };

    private static LayerFinding With(LayerFinding finding, in Field field) => field.Key switch
    {
        "root" => finding with { Root = field.Value },
        "place" => finding with { Place = field.Value },
        "kind" => finding with { Kind = field.Choice<LayerFindingKind>() },
        "part" => finding with { Part = field.Choice<Part>() },
        "type" => finding with { Type = (FileType)field.Number },
        "size" => finding with { Size = (ulong)field.Number },
        "whiteout" => finding with { Whiteout = field.Choice<MarkForm>() },
        "opaque" => finding with { Opaque = field.Choice<MarkForm>() },
        "marked" => finding with { HasMarkedWhiteouts = field.Number != 0 },
        "metacopy" => finding with { IsMetacopy = field.Number != 0 },
        "partial" => finding with { IsPartial = field.Number != 0 },
        "redirect" => finding with { Redirect = field.Value },
        "failure" => finding with { Error = (Errno)field.Number },
        _ => finding,
    };

    private static ParentNote With(ParentNote note, in Field field) => field.Key switch
    {
        "note" => note with { Kind = field.Choice<ParentNoteKind>() },
        "by" => note with { Layer = (int)field.Number },
        "to" => note with { Redirect = field.Value },
        _ => note,
    };

    private static Effect With(Effect effect, in Field field) => field.Key switch
    {
        "how" => effect with { Kind = field.Choice<EffectKind>() },
        "bytes" => effect with { Bytes = (ulong)field.Number },
        "refusal" => effect with { Refusal = (Errno)field.Number },
        _ => effect,
    };
}
