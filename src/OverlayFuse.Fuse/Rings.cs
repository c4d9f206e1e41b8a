namespace OverlayFuse.Fuse;

/// <summary>FUSE over io_uring as the kernel has it: since Linux 6.14, and off until root turns it on.</summary>
public static class Rings
{
    /// <summary>The parameter of the kernel's fuse module that turns it on.</summary>
    public const string Parameter = "/sys/module/fuse/parameters/enable_uring";

    public static bool AreOn => SystemFile.TryRead(Parameter, out var value) && value.StartsWith('Y');
}
