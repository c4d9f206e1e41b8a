using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

/// <summary>A state directory for one test.</summary>
internal sealed class TemporaryPlace : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("overlayfuse-").FullName;

    public StateDirectory State => StateDirectory.Open(Path.Combine(_root, "state"));

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
