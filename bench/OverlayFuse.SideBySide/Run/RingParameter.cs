namespace OverlayFuse.SideBySide;

/// <summary>The kernel's permission for FUSE over io_uring, given for the run and put back. Mounts that do not ask for it are not concerned.</summary>
internal sealed class RingParameter : IDisposable
{
    private const string Path = "/sys/module/fuse/parameters/enable_uring";

    private readonly string _before;

    public RingParameter()
    {
        if (!File.Exists(Path)) throw new BenchmarkException($"this kernel has no FUSE over io_uring: {Path} is not there. Leave --rings out.");
        _before = File.ReadAllText(Path);
        File.WriteAllText(Path, "Y");
    }

    public void Dispose() => File.WriteAllText(Path, _before);
}
