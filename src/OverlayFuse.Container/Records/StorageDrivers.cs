using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>What makes a container's root of layers: our own union, the kernel's, or a full copy. For comparison, and chosen by a variable.</summary>
public static class StorageDrivers
{
    public const string Own = "overlayfuse";
    public const string Kernel = "overlay2";
    public const string Copies = "vfs";

    private const string Variable = "OVERLAYFUSE_DRIVER";

    /// <exception cref="RefusedException">The variable names none.</exception>
    public static string Chosen() => Environment.GetEnvironmentVariable(Variable) switch
    {
        null or "" or Own => Own,
        Kernel => Kernel,
        Copies => Copies,
        var other => throw new RefusedException($"{Variable} names the storage driver \"{other}\", which does not exist. The drivers are {Own}, {Kernel} and {Copies}.", 125),
    };
}
