using System.CommandLine;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse images [PATTERN]", also "image ls".</summary>
internal static class ImagesVerb
{
    private static readonly (string Heading, string Member)[] Names = [("REPOSITORY", "Repository"), ("TAG", "Tag")];
    private static readonly (string Heading, string Member)[] Facts = [("IMAGE ID", "ID"), ("CREATED", "CreatedSince"), ("SIZE", "Size")];

    public static Command Create(string word, params string[] others)
    {
        var pattern = new Argument<string?>("NAME") { Description = "Only images of this name; 'web*' and 'web:1.?' are patterns.", Arity = ArgumentArity.ZeroOrOne };
        var all = new Option<bool>("--all", "-a") { Description = "Accepted: no images are hidden." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print only ids." };
        var whole = new Option<bool>("--no-trunc") { Description = "Do not shorten ids." };
        var filters = ListFilter.Option(ImageFilter.Keys, "-f");
        var digests = new Option<bool>("--digests") { Description = "Also the digests under which registries have them." };
        var format = new Option<string>("--format") { Description = "A template for each line, such as '{{.Repository}}:{{.Tag}}'." };
        var command = new Command(word, "List images.") { pattern, all, quiet, whole, digests, filters, format };
        foreach (var other in others) command.Aliases.Add(other);
        command.SetAction(result =>
        {
            var store = new ImageStore(StatePlace.ToRead());
            var texts = ListFilter.Texts(result, filters);
            if (result.GetValue(pattern) is { } name) texts = texts.Append("reference=" + ByteText.Text(name));
            var template = result.GetValue(format) is { } text ? ByteText.Text(text) : null;
            var hasDigests = result.GetValue(digests) || template?.Contains(".Digest", StringComparison.Ordinal) == true;
            var rows = Rows(store, new ImageFilter(texts, other => HumanText.Time(store.Get(other).Config.Created)), result.GetValue(whole), hasDigests);
            Terminal.Print(result.GetValue(quiet)
                ? string.Concat(rows.Select(row => row["ID"] + "\n"))
                : RowFormat.Write(rows, template, result.GetValue(digests) ? [.. Names, ("DIGEST", "Digest"), .. Facts] : [.. Names, .. Facts]));
            return 0;
        });
        return command;
    }

    // The newest first; the names of one image in reverse order, as docker has them.
    private static List<JsonObject> Rows(ImageStore store, ImageFilter filter, bool whole, bool hasDigests) =>
    [
        .. from image in store.All()
           orderby HumanText.Time(image.Config.Created) descending, image.Record.Stored descending
           from reference in image.References.Count == 0 ? [null] : image.Listed.Reverse<ImageReference?>()
           where filter.Fits(image, reference)
           from digest in hasDigests ? Digests(image, reference) : [null]
           select Row(image, reference, digest, whole),
    ];

    // A tag may have been pushed in several forms.
    private static IEnumerable<string?> Digests(StoredImage image, ImageReference? reference) =>
        image.Digests.Where(digest => digest.Repository == reference?.Repository).Select(digest => digest.Digest.ToString()).DefaultIfEmpty(null);

    internal static JsonObject Row(StoredImage image, ImageReference? reference, string? digest, bool whole) => new()
    {
        ["Containers"] = "N/A",
        ["CreatedAt"] = HumanText.Time(image.Config.Created) is { } created ? GoTime.OfList(created) : "N/A",
        ["CreatedSince"] = HumanText.Ago(image.Config.Created),
        ["Digest"] = digest ?? "<none>",
        ["ID"] = whole ? image.Id : Identifier.Short(image.Id),
        ["Repository"] = reference?.Repository ?? "<none>",
        ["SharedSize"] = "N/A",
        ["Size"] = HumanText.Size(image.Size),
        ["Tag"] = reference?.Tag ?? "<none>",
        ["UniqueSize"] = "N/A",
        ["VirtualSize"] = HumanText.Size(image.Size),
    };
}
