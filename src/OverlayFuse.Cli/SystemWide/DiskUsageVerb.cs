using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse system df [-v]".</summary>
internal static class DiskUsageVerb
{
    public static Command Create()
    {
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Each image, container and volume." };
        var format = new Option<string>("--format") { Description = "A template for each line; with -v for all that is shown, as in '{{range .Volumes}}{{.Name}} {{.Size}} {{end}}'." };
        var command = new Command("df", "Show how much room images, containers and volumes take.") { verbose, format };
        command.SetAction(result =>
        {
            var state = StatePlace.ToChange(); // the files of containers have many owners
            var usage = DiskUsage.Of(state);
            var template = result.GetValue(format) is { } text ? ByteText.Text(text) : null;
            Terminal.Print(result.GetValue(verbose)
                ? DiskUsageText.Verbose(usage, new ContainerStore(state), template)
                : RowFormat.Write(Rows(usage), template, ("TYPE", "Type"), ("TOTAL", "TotalCount"), ("ACTIVE", "Active"), ("SIZE", "Size"), ("RECLAIMABLE", "Reclaimable")));
            return 0;
        });
        return command;
    }

    private static List<JsonObject> Rows(DiskUsage usage)
    {
        var running = usage.Containers.Where(entry => entry.Container.IsRunning).ToList();
        var used = usage.Volumes.Where(volume => volume.Links > 0).ToList();
        return
        [
            Row("Images", usage.Images.Count, usage.Images.Count(image => image.Containers > 0), usage.LayersSize, usage.LayersSize - usage.UsedImagesSize),
            Row("Containers", usage.Containers.Count, running.Count, usage.Containers.Sum(entry => entry.Size), usage.Containers.Sum(entry => entry.Size) - running.Sum(entry => entry.Size)),
            Row("Local Volumes", usage.Volumes.Count, used.Count, usage.Volumes.Sum(volume => volume.Size), usage.Volumes.Sum(volume => volume.Size) - used.Sum(volume => volume.Size)),
            Row("Build Cache", 0, 0, 0, 0),
        ];
    }

    private static JsonObject Row(string type, int total, int active, long size, long reclaimable) => new()
    {
        ["Active"] = active.ToString(CultureInfo.InvariantCulture),
        ["Reclaimable"] = HumanText.Size(reclaimable, 4) + (size > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({100 * reclaimable / size}%)") : ""),
        ["Size"] = HumanText.Size(size, 4),
        ["TotalCount"] = total.ToString(CultureInfo.InvariantCulture),
        ["Type"] = type,
    };
}
