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

    private static string ByRings()
    {
        if (!File.Exists(RingParameter) || !File.ReadAllText(RingParameter).StartsWith('Y')) Assert.Ignore($"the kernel offers no rings: echo Y >{RingParameter}");
        return "data=cached,transport=ring";
    }
}
