using System.CommandLine;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse ps [-a] [-n N] [-s] [-f KEY=VALUE]", also "container ls".</summary>
internal static class PsVerb
{
    private const int ShownOfCommand = 20;
    private const int ShownOfMount = 15;

    private static readonly (string Heading, string Member)[] Columns =
        [("CONTAINER ID", "ID"), ("IMAGE", "Image"), ("COMMAND", "Command"), ("CREATED", "RunningFor"), ("STATUS", "Status"), ("PORTS", "Ports"), ("NAMES", "Names")];

    private static readonly (string Heading, string Member) SizeColumn = ("SIZE", "Size");

    public static Command Create(string word, params string[] others)
    {
        var all = new Option<bool>("--all", "-a") { Description = "Also those that do not run." };
        var latest = new Option<bool>("--latest", "-l") { Description = "Only the newest, running or not." };
        var last = new Option<int>("--last", "-n") { Description = "Only so many of the newest, running or not." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print only ids." };
        var whole = new Option<bool>("--no-trunc") { Description = "Do not shorten ids and commands." };
        var size = new Option<bool>("--size", "-s") { Description = "How much each has written, and the total with its image." };
        var filters = ListFilter.Option(ContainerFilter.Keys, "-f");
        var format = new Option<string>("--format") { Description = "A template for each line, such as '{{.Names}} {{.Status}}'." };
        var command = new Command(word, "List containers.") { all, latest, last, quiet, whole, size, filters, format };
        foreach (var other in others) command.Aliases.Add(other);
        command.SetAction(result =>
        {
            var template = result.GetValue(format) is { } text ? ByteText.Text(text) : null;
            var hasSize = !result.GetValue(quiet) && (result.GetValue(size) || (template is not null && ShowsSize(template)));
            var store = new ContainerStore(hasSize ? StatePlace.ToChange() : StatePlace.ToRead()); // the files of containers have many owners
            var images = new ImageStore(store.State);
            var filter = new ContainerFilter(ListFilter.Texts(result, filters), name => store.Get(name).Record.Created, name => Descendants(images, name));
            var most = result.GetValue(last) is var asked and > 0 ? asked : result.GetValue(latest) ? 1 : 0;
            var isOfAll = result.GetValue(all) || most > 0 || filter.IsOfAll;
            var containers = store.All().Where(container => (isOfAll || container.IsRunning) && filter.Fits(container));
            if (most > 0) containers = containers.Take(most);
            var rows = containers.Select(container => Row(container, images, result.GetValue(whole), hasSize ? Size(store, images, container.Record) : null)).ToList();
            Terminal.Print(result.GetValue(quiet)
                ? string.Concat(rows.Select(row => row["ID"] + "\n"))
                : RowFormat.Write(rows, template, result.GetValue(size) ? [.. Columns, SizeColumn] : Columns));
            return 0;
        });
        return command;
    }

    /// <summary>It names the size, or all that there is.</summary>
    internal static bool ShowsSize(string template) => template.Contains(".Size", StringComparison.Ordinal) || template.Replace(" ", "").Contains("json.}", StringComparison.Ordinal);

    /// <summary>An image that is not there has none, and that is no failure: docker's way.</summary>
    private static IEnumerable<string> Descendants(ImageStore images, string name) =>
        images.Find(name) is { } ancestor ? images.All().Where(image => image.StandsOn(ancestor)).Select(image => image.Id) : [];

    /// <summary>"0B (virtual 1.98MB)": what it has written, and that with its image.</summary>
    private static string Size(ContainerStore store, ImageStore images, ContainerRecord record)
    {
        var (own, whole) = ContainerSize.Of(store, images, record);
        return $"{HumanText.Size(own)} (virtual {HumanText.Size(whole)})";
    }

    internal static JsonObject Row(StoredContainer container, ImageStore images, bool whole, string? size = null)
    {
        var command = Command(container.Record.Command);
        return new JsonObject
        {
            ["Command"] = JsonText.OneLine(whole ? command : HumanText.Cut(command, ShownOfCommand)),
            ["CreatedAt"] = GoTime.OfList(container.Record.Created),
            ["ID"] = whole ? container.Id : Identifier.Short(container.Id),
            ["Image"] = Image(container.Record, images.IsName(container.Record.Image, container.Record.ImageId), whole),
            ["Labels"] = string.Join(',', (container.Record.Config.Labels ?? []).Select(label => $"{label.Key}={label.Value}")),
            ["LocalVolumes"] = container.Record.Mounts.Count(mount => mount.Kind == MountKind.Volume).ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Mounts"] = string.Join(',', Mounts(container.Record).Select(name => whole ? name : HumanText.Cut(name, ShownOfMount))),
            ["Names"] = container.Record.Name,
            ["Networks"] = container.Record.ShownNetwork,
            ["Ports"] = PortText.Of(container),
            ["RunningFor"] = HumanText.Ago(container.Record.Created),
            ["Size"] = size ?? "0B", // docker's word for not counted, too
            ["State"] = container.Status.ToString().ToLowerInvariant(),
            ["Status"] = Status(container),
        };
    }

    /// <summary>Docker's words: an argument with a blank in it is quoted, the program is not.</summary>
    internal static string Command(IReadOnlyList<string> words) => string.Join(' ', words.Take(1).Concat(words.Skip(1).Select(word => word.Contains(' ') ? $"'{word}'" : word)));

    /// <summary>The name it was made under, while that leads to its image; else the image's id.</summary>
    internal static string Image(ContainerRecord record, bool isNameValid, bool whole)
    {
        var image = isNameValid ? record.Image : record.ImageId;
        if (whole) return image;
        var id = Identifier.Short(record.ImageId);
        return Identifier.Short(image) == id ? id : image.Split('@')[0];
    }

    // A tmpfs has no name.
    private static IEnumerable<string> Mounts(ContainerRecord record) => record.Mounts.Select(mount => mount.Volume ?? mount.Source).Where(name => name.Length > 0);

    private static string Status(StoredContainer container) => container.Status switch
    {
        ContainerStatus.Created => "Created",
        ContainerStatus.Running => $"Up {HumanText.Duration(DateTimeOffset.UtcNow - (container.State.StartedAt ?? DateTimeOffset.UtcNow))}",
        ContainerStatus.Restarting => $"Restarting ({container.ExitCode}) {HumanText.Ago(container.State.FinishedAt ?? DateTimeOffset.UtcNow)}",
        _ => $"Exited ({container.ExitCode}) {HumanText.Ago(container.State.FinishedAt ?? DateTimeOffset.UtcNow)}",
    };
}
