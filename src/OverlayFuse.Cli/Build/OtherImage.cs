using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>The image that COPY --from names, mounted.</summary>
internal sealed class OtherImage : IDisposable
{
    private readonly WorkingContainer _working;
    private readonly MountedContainer _mounted;

    private OtherImage(WorkingContainer working)
    {
        _working = working;
        _mounted = working.Mount();
        Context = BuildContext.OfImage(_mounted);
    }

    public BuildContext Context { get; }

    public static OtherImage Open(ImageStore images, ContainerStore containers, BuildStop stop, StoredImage image) =>
        new(WorkingContainer.ToRead(images, containers, stop, image));

    public void Dispose()
    {
        Context.Dispose();
        _mounted.Dispose();
        _working.Dispose();
    }
}
