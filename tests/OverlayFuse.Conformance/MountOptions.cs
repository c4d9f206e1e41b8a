using NUnit.Framework;

namespace OverlayFuse.Conformance;

/// <summary>What our mount is asked for, for each engine.</summary>
internal static class MountOptions
{
    private const string RingParameter = "/sys/module/fuse/parameters/enable_uring";

    public static string Of(Engine engine) => engine switch
    {
        Engine.Cached => "data=cached",
        Engine.WriteThrough => "data=cached,writeback=off",
        Engine.Passthrough => "data=passthrough",
        Engine.Ring => ByRings(),
        _ => "",
    };

    // Rings are off unless root turns them on; mounts that do not ask for them are not concerned.
    private static string ByRings()
    {
        if (!File.Exists(RingParameter)) Assert.Ignore("this kernel has no FUSE over io_uring");
        File.WriteAllText(RingParameter, "Y");
        return "data=cached,transport=ring";
    }
}
