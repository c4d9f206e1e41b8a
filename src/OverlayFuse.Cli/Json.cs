using System.Text.Json;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>Answers for programs. Choices are words, and what does not apply is left out.</summary>
internal static class Json
{
    public static byte[] Of(IEnumerable<Explanation> explanations) => Lines(JsonSerializer.SerializeToUtf8Bytes([.. explanations.Select(Of)], AnswersContext.Default.JsonExplanationArray));

    public static byte[] Of(IEnumerable<Change> changes) => Lines(JsonSerializer.SerializeToUtf8Bytes([.. changes.Select(Of)], AnswersContext.Default.JsonChangeArray));

    public static byte[] Of(UnionStatus status) => Lines(JsonSerializer.SerializeToUtf8Bytes(
        new JsonStatus(
            status.Lowers,
            status.Upper is { } upper ? new JsonPath(upper) : null,
            Word(status.Data),
            status.HoldsWrites,
            Word(status.Transport),
            status.Upper is null ? null : Word(status.Durability),
            status.PartialFrom,
            status.Upper is null ? null : Word(status.Settle),
            status.KnownNodes,
            status.Threads,
            status.Requests,
            status.RequestsByKind,
            status.UnsettledFiles,
            status.Written.Asked,
            status.Written.Copied,
            status.Written.Filled,
            status.Written.Maps,
            status.Written.WholeFiles,
            status.Written.PartialFiles,
            status.Written.MetadataOnly,
            status.Amplification),
        AnswersContext.Default.JsonStatus));

    private static byte[] Lines(byte[] text) => [.. text, (byte)'\n'];

    private static JsonExplanation Of(Explanation explanation) => new(
        new JsonPath(explanation.Path),
        new JsonPath(explanation.Subject),
        Word(explanation.Outcome),
        explanation.Error == Errno.None ? null : explanation.Error.Describe(),
        explanation.DataLayer < 0 ? null : explanation.DataLayer,
        explanation.DataLayer < 0 ? null : new JsonPath(explanation.DataRoot),
        explanation.DataPlace is { } place ? new JsonPath(place) : null,
        explanation.IsSharedCopy ? true : null,
        [.. explanation.Rules.Select(rule => Word(rule))],
        [.. explanation.Findings.Select(Of)],
        [.. explanation.Parents.Select(note => new JsonParent(new JsonPath(note.Path), Word(note.Kind), note.Layer, note.Redirect is { } redirect ? new JsonPath(redirect) : null))],
        [.. explanation.Effects.Select(Of)]);

    private static JsonFinding Of(LayerFinding finding) => new(
        finding.Layer,
        new JsonPath(finding.Root),
        new JsonPath(finding.Place),
        Word(finding.Kind),
        Word(finding.Part),
        finding.Type == FileType.None ? null : Word(finding.Type),
        finding is { Kind: LayerFindingKind.File, Type: FileType.Regular } ? finding.Size : null,
        finding.Whiteout == MarkForm.None ? null : Word(finding.Whiteout),
        finding.Opaque == MarkForm.None ? null : Word(finding.Opaque),
        finding.IsMetacopy ? true : null,
        finding.IsPartial ? true : null,
        finding.Redirect is { } redirect ? new JsonPath(redirect) : null,
        finding.Error == Errno.None ? null : finding.Error.Describe());

    private static JsonEffect Of(Effect effect) =>
        new(Word(effect.Deed), Word(effect.Kind), effect.Bytes == 0 ? null : effect.Bytes, effect.Refusal == Errno.None ? null : effect.Refusal.Describe());

    private static JsonChange Of(Change change) =>
        new(ChangeText.Key(change.Kind), new JsonPath(change.Path), Word(change.Reason), change.From is { } from ? new JsonPath(from) : null);

    private static string Word(Enum choice) => JsonNamingPolicy.CamelCase.ConvertName(choice.ToString());
}
