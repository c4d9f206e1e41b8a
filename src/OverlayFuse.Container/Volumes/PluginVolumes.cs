using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>Volumes that plugins have, though nobody made them here. As with docker they are volumes like any other, as long as their plugin answers.</summary>
public static class PluginVolumes
{
    public static IEnumerable<VolumeRecord> All() => Plugins().SelectMany(plugin => plugin.List());

    /// <summary>Null: no plugin has it.</summary>
    /// <param name="except">One that is not asked.</param>
    public static VolumeRecord? Find(string name, string except = "") =>
        VolumeStore.IsValid(name) ? Plugins(except).Select(plugin => plugin.Find(name)).FirstOrDefault(found => found is not null) : null;

    private static IEnumerable<VolumePlugin> Plugins(string except = "")
    {
        foreach (var name in PluginSocket.Names().Where(name => name != except))
        {
            if (TryFind(name) is { } plugin) yield return plugin;
        }
    }

    private static VolumePlugin? TryFind(string name)
    {
        try
        {
            return VolumePlugin.Find(name, "list");
        }
        catch (RefusedException)
        {
            return null; // it has gone, or is one of another kind
        }
    }
}
