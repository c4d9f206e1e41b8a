using System.Globalization;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>What "system df -v" shows: four tables, or what a template makes of the four lists, which it gets at once.</summary>
/// <remarks>docker/cli, formatter/disk_usage.go.</remarks>
internal static class DiskUsageText
{
    private const string Table = "table";

    private static readonly (string Heading, string Member)[] ImageColumns =
    [
        ("REPOSITORY", "Repository"), ("TAG", "Tag"), ("IMAGE ID", "ID"), ("CREATED", "CreatedSince"), ("SIZE", "VirtualSize"), ("SHARED SIZE", "SharedSize"), ("UNIQUE SIZE", "UniqueSize"),
        ("CONTAINERS", "Containers"),
    ];

    private static readonly (string Heading, string Member)[] ContainerColumns =
    [
        ("CONTAINER ID", "ID"), ("IMAGE", "Image"), ("COMMAND", "Command"), ("LOCAL VOLUMES", "LocalVolumes"), ("SIZE", "Size"), ("CREATED", "RunningFor"), ("STATUS", "Status"), ("NAMES", "Names"),
    ];

    private static readonly (string Heading, string Member)[] VolumeColumns = [("VOLUME NAME", "Name"), ("LINKS", "Links"), ("SIZE", "Size")];

    public static string Verbose(DiskUsage usage, ContainerStore containers, string? format)
    {
        var asked = format is null ? "" : format.StartsWith(Table, StringComparison.Ordinal) ? format[Table.Length..].TrimStart() : format;
        if (asked.Length > 0) return FormatTemplate.Parse(asked == "json" ? "{{json .}}" : asked).Render(Describe(usage, containers, whole: true)); // without an end of line, as docker's
        var lists = Describe(usage, containers, whole: false);
        return "Images space usage:\n\n" + Rows(lists, "Images", ImageColumns)
            + "\nContainers space usage:\n\n" + Rows(lists, "Containers", ContainerColumns)
            + "\nLocal Volumes space usage:\n\n" + Rows(lists, "Volumes", VolumeColumns)
            + "\nBuild cache usage: 0B\n\n" + new TableText("CACHE ID", "CACHE TYPE", "SIZE", "CREATED", "LAST USED", "USAGE", "SHARED");
    }

    private static string Rows(JsonObject lists, string name, (string Heading, string Member)[] columns) => RowFormat.Write([.. lists[name]!.AsArray().OfType<JsonObject>()], null, columns);

    private static JsonObject Describe(DiskUsage usage, ContainerStore containers, bool whole)
    {
        var images = new ImageStore(containers.State);
        var volumes = new VolumeStore(containers.State);
        return new JsonObject
        {
            ["Images"] = List(usage.Images.SelectMany(entry => Images(entry.Image, entry.Shared, entry.Containers, whole))),
            ["Containers"] = List(usage.Containers.Select(entry => PsVerb.Row(entry.Container, images, whole, HumanText.Size(entry.Size)))),
            ["Volumes"] = List(usage.Volumes.Select(entry => Volume(volumes, entry.Volume, entry.Size, entry.Links))),
            ["BuildCache"] = new JsonArray(),
        };
    }

    private static JsonArray List(IEnumerable<JsonObject> rows) => new([.. rows]);

    private static IEnumerable<JsonObject> Images(StoredImage image, long shared, int containers, bool whole)
    {
        foreach (var reference in image.References.Count == 0 ? [null] : image.Listed.Reverse<ImageReference?>())
        {
            var row = ImagesVerb.Row(image, reference, "", whole);
            (row["SharedSize"], row["UniqueSize"], row["VirtualSize"]) = (Size(shared), Size(image.Size - shared), Size(image.Size));
            row["Containers"] = Count(containers);
            yield return row;
        }
    }

    private static JsonObject Volume(VolumeStore volumes, VolumeRecord volume, long size, int links)
    {
        var row = VolumeVerbs.Row(volume, VolumeDriver.Of(volume.Driver, volumes, $"get {volume.Name}").FactsOf(volume));
        (row["Size"], row["Links"]) = (Size(size), Count(links));
        return row;
    }

    private static string Size(long bytes) => HumanText.Size(bytes, 4);

    private static string Count(int number) => number.ToString(CultureInfo.InvariantCulture);
}
