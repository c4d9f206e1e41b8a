using System.Text;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>The control group in which root's containers have their limits (cgroups(7)).</summary>
internal static class ControlGroup
{
    private const string Mounted = "/sys/fs/cgroup";

    /// <summary>Below the root of each hierarchy.</summary>
    public static string PathOf(string id) => "/overlayfuse/" + id;

    /// <summary>Whether the kernel has killed something in it for want of memory.</summary>
    public static bool HasRunOutOfMemory(string id)
    {
        string[] places = [$"{Mounted}{PathOf(id)}/memory.events", $"{Mounted}/memory{PathOf(id)}/memory.oom_control"];
        return Array.Exists(places, path => AtomicFile.Read(path) is { } text && HasKilled(Encoding.ASCII.GetString(text)));
    }

    /// <summary>Of memory.events, or memory.oom_control of version 1. Pure.</summary>
    internal static bool HasKilled(string events) => events.Split('\n').Any(line => line.Split(' ') is ["oom_kill", var count] && count != "0");
}
