using System.CommandLine;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse history IMAGE".</summary>
internal static class HistoryVerb
{
    private const int ShownOfCommand = 45;

    public static Command Create()
    {
        var name = new Argument<string>("IMAGE");
        var whole = new Option<bool>("--no-trunc") { Description = "Do not shorten ids and commands." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print only ids." };
        var format = new Option<string>("--format") { Description = "A template for each line." };
        var command = new Command("history", "Show how the layers of an image came about, newest first.") { name, whole, quiet, format };
        command.SetAction(result =>
        {
            var image = new ImageStore(StatePlace.ToRead()).Get(ByteText.Text(result.GetRequiredValue(name)));
            var rows = Rows(image, result.GetValue(whole));
            var template = result.GetValue(format) is { } text ? ByteText.Text(text) : null;
            Terminal.Print(result.GetValue(quiet)
                ? string.Concat(rows.Select(row => row["ID"] + "\n"))
                : RowFormat.Write(rows, template, ("IMAGE", "ID"), ("CREATED", "CreatedSince"), ("CREATED BY", "CreatedBy"), ("SIZE", "Size"), ("COMMENT", "Comment")));
            return 0;
        });
        return command;
    }

    private static List<JsonObject> Rows(StoredImage image, bool whole)
    {
        var rows = new List<JsonObject>();
        var layer = 0;
        foreach (var entry in image.Config.History ?? [])
        {
            var by = (entry.CreatedBy ?? "").Replace('\t', ' ').Replace('\n', ' ');
            var size = entry.EmptyLayer || layer >= image.Record.Layers.Count ? 0 : image.Record.Layers[layer++].Size;
            rows.Add(new JsonObject
            {
                ["Comment"] = entry.Comment ?? "",
                ["CreatedAt"] = GoTime.Seconds(HumanText.Time(entry.Created)),
                ["CreatedBy"] = whole ? by : HumanText.Cut(by, ShownOfCommand),
                ["CreatedSince"] = HumanText.Ago(entry.Created),
                ["ID"] = "<missing>",
                ["Size"] = HumanText.Size(size),
            });
        }
        rows.Reverse();
        if (rows.Count > 0) rows[0]["ID"] = whole ? image.Id : Identifier.Short(image.Id);
        return rows;
    }
}
