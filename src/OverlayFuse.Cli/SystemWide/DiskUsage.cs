using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>How much room everything takes. A layer counts once, however many images have it.</summary>
/// <param name="LayersSize">Bytes of all image layers.</param>
/// <param name="UsedImagesSize">Docker's way: what images of containers share with no other image.</param>
internal sealed record DiskUsage(
    IReadOnlyList<(StoredImage Image, long Shared, int Containers)> Images,
    IReadOnlyList<(StoredContainer Container, long Size)> Containers,
    IReadOnlyList<(VolumeRecord Volume, long Size, int Links)> Volumes,
    long LayersSize,
    long UsedImagesSize)
{
    public static DiskUsage Of(StateDirectory state)
    {
        var (images, containers, volumes) = (new ImageStore(state).All().OrderByDescending(image => HumanText.Time(image.Config.Created)).ToList(), new ContainerStore(state), new VolumeStore(state));
        var all = containers.All();
        var layers = images.SelectMany(image => image.Record.Layers).DistinctBy(layer => layer.Id).ToList();
        var uses = images.SelectMany(image => image.Record.Layers.Select(layer => layer.Id).Distinct()).CountBy(id => id).ToDictionary();
        List<(StoredImage Image, long Shared, int Containers)> counted =
            [.. images.Select(image => (image, image.Record.Layers.Where(layer => uses[layer.Id] > 1).Sum(layer => layer.Size), all.Count(container => container.Record.ImageId == image.Id)))];
        return new DiskUsage(
            counted,
            [.. all.Select(container => (container, TreeSize.Of(containers.Layers.DiffOf(container.Record.LayerId))))],
            [.. volumes.All().Where(volume => volume.IsPlain).Select(volume => (volume, TreeSize.Of(volumes.DataOf(volume.Name)), VolumeUse.Of(containers, volume.Name).Count()))],
            layers.Sum(layer => layer.Size),
            counted.Where(entry => entry.Containers > 0).Sum(entry => entry.Image.Size - entry.Shared));
    }
}
