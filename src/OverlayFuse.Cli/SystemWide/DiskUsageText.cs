using System.Globalization;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>The tables of "system df -v".</summary>
internal static class DiskUsageText
{
    public static string Verbose(DiskUsage usage, ImageStore images) =>
        "Images space usage:\n\n" + Images(usage)
        + "\nContainers space usage:\n\n" + Containers(usage, images)
        + "\nLocal Volumes space usage:\n\n" + Volumes(usage)
        + "\nBuild cache usage: 0B\n\n" + new TableText("CACHE ID", "CACHE TYPE", "SIZE", "CREATED", "LAST USED", "USAGE", "SHARED");

    private static string Images(DiskUsage usage)
    {
        var table = new TableText("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS");
        foreach (var (image, shared, containers) in usage.Images)
        {
            foreach (var reference in image.References.Count == 0 ? [null] : image.Listed.Reverse<ImageReference?>())
                table.Add(reference?.Repository ?? "<none>", reference?.Tag ?? "<none>", Identifier.Short(image.Id), HumanText.Ago(image.Config.Created),
                    Size(image.Size), Size(shared), Size(image.Size - shared), Count(containers));
        }
        return table.ToString();
    }

    private static string Containers(DiskUsage usage, ImageStore images)
    {
        var table = new TableText("CONTAINER ID", "IMAGE", "COMMAND", "LOCAL VOLUMES", "SIZE", "CREATED", "STATUS", "NAMES");
        foreach (var (container, size) in usage.Containers)
        {
            var row = PsVerb.Row(container, images, whole: false);
            table.Add(Text(row, "ID"), Text(row, "Image"), Text(row, "Command"), Text(row, "LocalVolumes"), Size(size), Text(row, "RunningFor"), Text(row, "Status"), Text(row, "Names"));
        }
        return table.ToString();
    }

    private static string Volumes(DiskUsage usage)
    {
        var table = new TableText("VOLUME NAME", "LINKS", "SIZE");
        foreach (var (volume, size, links) in usage.Volumes) table.Add(volume.Name, Count(links), Size(size));
        return table.ToString();
    }

    private static string Text(JsonObject row, string member) => GoText.Print(row[member]);

    private static string Size(long bytes) => HumanText.Size(bytes, 4);

    private static string Count(int number) => number.ToString(CultureInfo.InvariantCulture);
}
