namespace OverlayFuse.Fuse.Tests;

/// <summary>The parameter of the kernel's fuse module by which root allows FUSE over io_uring; as it was in the end. Mounts that are live keep what they have.</summary>
internal sealed class RingSwitch : IDisposable
{
    private const string Parameter = "/sys/module/fuse/parameters/enable_uring";

    private readonly string _before = File.ReadAllText(Parameter);

    public RingSwitch() => File.WriteAllText(Parameter, "Y");

    public static bool Exists => File.Exists(Parameter);

    public void Dispose() => File.WriteAllText(Parameter, _before);
}
