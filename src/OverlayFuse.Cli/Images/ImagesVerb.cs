using System.CommandLine;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse images [PATTERN]", also "image ls".</summary>
internal static class ImagesVerb
{
    public static Command Create(string word, params string[] others)
    {
        var pattern = new Argument<string?>("NAME") { Description = "Only images of this name; 'web*' and 'web:1.?' are patterns.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all", "-a") { Description = "As without: no images are hidden." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Ids only." };
        var whole = new Option<bool>("--no-trunc") { Description = "Whole ids." };
        var filters = ListFilter.Option(ImageFilter.Keys, "-f");
        var format = new Option<string>("--format") { Description = "A template for each line, such as '{{.Repository}}:{{.Tag}}'." };
        var command = new Command(word, "List images.") { pattern, all, quiet, whole, filters, format };
        foreach (var other in others) command.Aliases.Add(other);
        command.SetAction(result =>
        {
            var store = new ImageStore(StatePlace.ToRead());
            var texts = ListFilter.Texts(result, filters);
            if (result.GetValue(pattern) is { } name) texts = texts.Append("reference=" + ByteText.Text(name));
            var rows = Rows(store, new ImageFilter(texts, other => HumanText.Time(store.Get(other).Config.Created)), result.GetValue(whole));
            var template = result.GetValue(format) is { } text ? ByteText.Text(text) : null;
            Terminal.Print(result.GetValue(quiet)
                ? string.Concat(rows.Select(row => row["ID"] + "\n"))
                : RowFormat.Write(rows, template, ("REPOSITORY", "Repository"), ("TAG", "Tag"), ("IMAGE ID", "ID"), ("CREATED", "CreatedSince"), ("SIZE", "Size")));
            return 0;
        });
        return command;
    }

    // The newest first; the names of one image in reverse order, as docker has them.
    private static List<JsonObject> Rows(ImageStore store, ImageFilter filter, bool whole) =>
    [
        .. from image in store.All()
           orderby HumanText.Time(image.Config.Created) descending, image.Record.Stored descending
           from reference in image.References.Count == 0 ? [null] : image.References.Reverse<ImageReference?>()
           where filter.Fits(image, reference)
           select Row(image, reference, whole),
    ];

    private static JsonObject Row(StoredImage image, ImageReference? reference, bool whole) => new()
    {
        ["Containers"] = "N/A",
        ["CreatedAt"] = HumanText.Time(image.Config.Created) is { } created ? GoTime.OfList(created) : "N/A",
        ["CreatedSince"] = HumanText.Ago(image.Config.Created),
        ["Digest"] = "<none>",
        ["ID"] = whole ? image.Id : Identifier.Short(image.Id),
        ["Repository"] = reference?.Repository ?? "<none>",
        ["SharedSize"] = "N/A",
        ["Size"] = HumanText.Size(image.Size),
        ["Tag"] = reference?.Tag ?? "<none>",
        ["UniqueSize"] = "N/A",
        ["VirtualSize"] = HumanText.Size(image.Size),
    };
}
