namespace OverlayFuse.Container;

/// <summary>Volumes that plugins have, though nobody made them here. As with docker they are volumes like any other, as long as their plugin answers.</summary>
public static class PluginVolumes
{
    public static IEnumerable<(VolumeRecord Volume, VolumeFacts? Facts)> All() => Each(plugin => plugin.List()).SelectMany(list => list ?? []);

    /// <summary>Null: no plugin has it.</summary>
    /// <param name="except">One that is not asked.</param>
    public static VolumeRecord? Find(string name, string except = "") =>
        VolumeStore.IsValid(name) ? Each(plugin => plugin.Find(name), except).FirstOrDefault(found => found is not null) : null;

    // A thread for each: some do not answer, and all of those together are waited for no longer than one.
    private static IEnumerable<T?> Each<T>(Func<VolumePlugin, T?> ask, string except = "")
        where T : class
    {
        var asked = PluginSocket.Names().Where(name => name != except)
            .Select(name => Task.Factory.StartNew(() => VolumePlugin.TryFind(name) is { } plugin ? ask(plugin) : null, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToList();
        return asked.Select(task => task.GetAwaiter().GetResult());
    }
}
