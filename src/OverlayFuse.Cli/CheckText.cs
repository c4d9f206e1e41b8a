using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>What "overlayfuse check" prints: sentences for people, JSON for programs.</summary>
internal static class CheckText
{
    public static string Sentences(CheckReport report, bool explain)
    {
        var text = new StringBuilder();
        foreach (var finding in Shown(report, explain))
        {
            text.Append($"{ByteText.Show(finding.Path)}: {finding.Text}.");
            if (finding.IsRepaired) text.Append(" Repaired.");
            else if (finding.CanRepair) text.Append($" With --repair: {char.ToLowerInvariant(finding.Remedy![0])}{finding.Remedy[1..]}");
            else if (finding.Remedy is not null) text.Append($" {finding.Remedy}");
            text.Append('\n');
        }
        var repaired = report.Problems.Count(finding => finding.IsRepaired);
        text.Append($"{report.Objects} objects, {Count(report.Remaining)}{(repaired > 0 ? $", {repaired} repaired" : "")}\n");
        return text.ToString();
    }

    public static string Json(CheckReport report, bool explain)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("objects"u8, report.Objects);
            json.WriteNumber("remaining"u8, report.Remaining);
            json.WriteStartArray("findings"u8);
            foreach (var finding in Shown(report, explain))
            {
                json.WriteStartObject();
                json.WriteString("kind"u8, finding.Kind);
                json.WriteString("path"u8, ByteText.Show(finding.Path));
                json.WriteString("text"u8, finding.Text);
                if (finding.Remedy is not null) json.WriteString("remedy"u8, finding.Remedy);
                json.WriteBoolean("problem"u8, finding.IsProblem);
                json.WriteBoolean("repairable"u8, finding.CanRepair);
                json.WriteBoolean("repaired"u8, finding.IsRepaired);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static IEnumerable<Finding> Shown(CheckReport report, bool explain) => explain ? report.Findings : report.Problems;

    private static string Count(int problems) => problems switch
    {
        0 => "no problem",
        1 => "1 problem",
        _ => $"{problems} problems",
    };
}
