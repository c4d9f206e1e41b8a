using System.Text.Json;
using System.Text.RegularExpressions;
using OverlayFuse.Image;
using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The volumes that are here: volumes/NAME/{volume.json,_data}. They outlive their containers.</summary>
public sealed partial class VolumeStore(StateDirectory state)
{
    /// <summary>0755, for whatever users a container has; the umask of who makes a volume is his own.</summary>
    internal const uint ReadableDirectory = Mode.OwnerAllOthersReadExecute;

    private const string Filling = "filling";

    /// <summary>The last lock to be taken.</summary>
    public StateLock Lock() => StateLock.Take(Path.Combine(state.Volumes, "lock"));

    public string DataOf(string name) => Path.Combine(DirectoryOf(name), "_data");

    /// <summary>Is there while the image's files come into it, and tells where they are meanwhile.</summary>
    internal string FillingOf(string name) => Path.Combine(DirectoryOf(name), Filling);

    public static bool IsValid(string name) => Form().IsMatch(name);

    /// <summary>Why no volume is made under a name, in docker's words; null where that is a name for one.</summary>
    public static string? Refusal(string name) =>
        name.Length == 1 ? "volume name is too short, names should be at least two alphanumeric characters"
        : IsValid(name) ? null
        : $"\"{name}\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path";

    /// <summary>Sorted by name, as docker lists them.</summary>
    public List<VolumeRecord> All() =>
        [.. Directory.EnumerateDirectories(state.Volumes).Select(path => Find(Path.GetFileName(path))).OfType<VolumeRecord>().OrderBy(volume => volume.Name, NaturalOrder.Instance)];

    public VolumeRecord? Find(string name)
    {
        if (!IsValid(name) || AtomicFile.Read(PathOf(name)) is not { } text) return null;
        try
        {
            return JsonSerializer.Deserialize(text, ContainerJson.Default.VolumeRecord);
        }
        catch (JsonException)
        {
            throw new RefusedException($"{PathOf(name)} is damaged. The volume's files are in {DataOf(name)}: save them, remove the directory above, and make the volume again.");
        }
    }

    /// <summary>With those that plugins know of, and we do not. No facts: their plugin does not tell of it.</summary>
    public List<(VolumeRecord Volume, VolumeFacts? Facts)> AllThereAre()
    {
        var told = PluginVolumes.All().ToList();
        return
        [
            .. All().Select(volume => (volume, volume.Driver == VolumeDriver.Local
                    ? new LocalVolumes(this).FactsOf(volume)
                    : told.Find(other => other.Volume.Name == volume.Name && other.Volume.Driver == volume.Driver).Facts))
                .Concat(told).DistinctBy(entry => entry.Item1.Name).OrderBy(entry => entry.Item1.Name, NaturalOrder.Instance),
        ];
    }

    /// <summary>What another plugin has under the name of a volume that is to be made. Before any lock: plugins take their time.</summary>
    public VolumeRecord? LookUp(VolumeRecord wanted)
    {
        if (Find(wanted.Name) is not null) return null;
        _ = VolumeDriver.TryOf(wanted.Driver, this);
        return wanted.IsAnonymous ? null : PluginVolumes.Find(wanted.Name, wanted.Driver);
    }

    /// <summary>The one of that name, made if need be. Under <see cref="Lock"/>.</summary>
    /// <param name="known">What <see cref="LookUp"/> has found.</param>
    public VolumeRecord Ensure(VolumeRecord wanted, VolumeRecord? known = null)
    {
        if (Find(wanted.Name) is { } existing)
            return existing.Driver == wanted.Driver || !wanted.IsDriverAsked ? existing : throw Taken(wanted, existing.Driver);
        if (known is not null)
        {
            if (wanted.IsDriverAsked) throw Taken(wanted, known.Driver);
            wanted.Driver = known.Driver;
        }
        VolumeDriver.Of(wanted.Driver, this, $"create {wanted.Name}").Create(wanted);
        var isNew = !Directory.Exists(DirectoryOf(wanted.Name));
        try
        {
            Directory.CreateDirectory(DataOf(wanted.Name));
            _ = Syscall.Chmod(DataOf(wanted.Name), ReadableDirectory);
            AtomicFile.Write(PathOf(wanted.Name), JsonSerializer.SerializeToUtf8Bytes(wanted, ContainerJson.Default.VolumeRecord)); // last: it makes the directory a volume
            return wanted;
        }
        catch (Exception e) when (e is RefusedException or IOException or UnauthorizedAccessException)
        {
            if (isNew) LayerStore.Discard(DirectoryOf(wanted.Name));
            throw new RefusedException($"create {wanted.Name}: {(e is RefusedException ? e.Message : $"cannot make {DataOf(wanted.Name)}: {FileErrors.Reason(e)}.")}");
        }
    }

    private static RefusedException Taken(VolumeRecord wanted, string driver) =>
        new($"create {wanted.Name}: driver '{driver}' already has volume '{wanted.Name}': volume name must be unique");

    // Nothing was put into it yet. Whatever holds something is somebody's, though no record says whose.
    private static bool IsHalfMade(string path)
    {
        var entries = Directory.GetFileSystemEntries(path).Where(entry => Path.GetFileName(entry) != Filling).ToList();
        return entries is [] || (entries is [var data] && Path.GetFileName(data) == "_data" && Directory.GetFileSystemEntries(data) is []);
    }

    /// <summary>Takes away directories of no volume: what killed commands have left. Under <see cref="Lock"/>, under which volumes are made.</summary>
    public void SweepRemains()
    {
        foreach (var path in Directory.EnumerateDirectories(state.Volumes).Where(path => IsValid(Path.GetFileName(path)) && IsHalfMade(path)).ToList()) LayerStore.Discard(path);
    }

    /// <summary>With all it holds. Under <see cref="Lock"/>; who asks has seen that no container uses it.</summary>
    /// <param name="isForced">Though its plugin has gone: what that has kept stays there.</param>
    public void Remove(VolumeRecord volume, bool isForced = false)
    {
        var driver = isForced ? VolumeDriver.TryOf(volume.Driver, this) : VolumeDriver.Of(volume.Driver, this, $"remove {volume.Name}");
        driver?.Remove(volume);
        if (!Directory.Exists(DirectoryOf(volume.Name))) return; // only its plugin knew of it
        File.Delete(PathOf(volume.Name)); // first: what is left then is no volume
        LayerStore.Discard(DirectoryOf(volume.Name));
    }

    private string DirectoryOf(string name) => Path.Combine(state.Volumes, name);

    private string PathOf(string name) => Path.Combine(DirectoryOf(name), "volume.json");

    [GeneratedRegex(@"^[a-zA-Z0-9][a-zA-Z0-9_.-]*\z")]
    private static partial Regex Form();
}
