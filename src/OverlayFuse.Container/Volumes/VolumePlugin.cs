using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>A driver that is another program, asked by Docker's volume plugin protocol.</summary>
/// <remarks>docs.docker.com, "Docker volume plugins": POST requests with JSON over a Unix socket; what fails comes back as {"Err":"..."}.</remarks>
internal sealed class VolumePlugin : VolumeDriver
{
    // Each is asked once what it is, and one that does not answer is waited for once.
    private static readonly ConcurrentDictionary<(string Name, string Path), VolumePlugin> Known = [];

    private readonly string _name;
    private readonly PluginSocket _socket;
    private readonly Lazy<string?> _refusal;

    private VolumePlugin(string name, string path)
    {
        (_name, _socket) = (name, new PluginSocket(path));
        _refusal = new Lazy<string?>(Activate);
    }

    public static VolumePlugin Find(string name, string deed)
    {
        var path = PluginSocket.PathOf(name) ?? throw new RefusedException($"{deed}: error looking up volume plugin {name}: plugin \"{name}\" not found");
        var plugin = Known.GetOrAdd((name, path), _ => new VolumePlugin(name, path));
        return plugin._refusal.Value is not { } reason ? plugin : throw new RefusedException($"{deed}: error looking up volume plugin {name}: {reason}");
    }

    /// <summary>Null: it has gone, does not answer, or is one of another kind.</summary>
    public static VolumePlugin? TryFind(string name)
    {
        try
        {
            return Find(name, "get");
        }
        catch (RefusedException)
        {
            return null;
        }
    }

    private string? Activate()
    {
        var activated = _socket.Post("Plugin.Activate", null, PluginSocket.ToSay, out var error);
        return activated?["Implements"] is JsonArray kinds && kinds.Any(kind => kind.Text() == "VolumeDriver") ? null : error ?? "it is not a volume driver";
    }

    public override void Create(VolumeRecord volume)
    {
        if (_socket.Post("VolumeDriver.Get", Named(volume), PluginSocket.ToDo, out _) is not null) return; // another tool has made it
        var options = new JsonObject(volume.Options.Select(option => KeyValuePair.Create(option.Key, (JsonNode?)JsonValue.Create(option.Value))));
        Do("Create", $"create {volume.Name}", new JsonObject { ["Name"] = volume.Name, ["Opts"] = options });
    }

    public override void Remove(VolumeRecord volume)
    {
        if (_socket.Post("VolumeDriver.Get", Named(volume), PluginSocket.ToDo, out var error) is null)
        {
            if (_socket.IsSilent) throw new RefusedException($"remove {volume.Name}: VolumeDriver.Get: {error}");
            return; // the plugin has it no more, and only our record is left
        }
        Do("Remove", $"remove {volume.Name}", Named(volume));
    }

    public override string PathOf(VolumeRecord volume) => (Ask("Get", Named(volume), out _)?["Volume"] as JsonObject)?["Mountpoint"].Text() ?? "";

    public override VolumeFacts FactsOf(VolumeRecord volume)
    {
        var asked = Ask("Get", Named(volume), out var error)?["Volume"] as JsonObject ?? throw new RefusedException($"get {volume.Name}: {error ?? "no such volume"}");
        return Facts(asked, Scope());
    }

    /// <summary>All that it has, and what it says of them.</summary>
    public List<(VolumeRecord Volume, VolumeFacts? Facts)> List()
    {
        var listed = (Ask("List", [], out _)?["Volumes"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var scope = listed.Count > 0 ? Scope() : Local;
        return [.. listed.Where(volume => Described(volume) is not null).Select(volume => (Described(volume)!, (VolumeFacts?)Facts(volume, scope)))];
    }

    private string Scope() => (Ask("Capabilities", [], out _)?["Capabilities"] as JsonObject)?["Scope"].Text() is "global" ? "global" : Local;

    private static VolumeFacts Facts(JsonObject volume, string scope) =>
        new(volume["Mountpoint"].Text() ?? "", Created(volume), volume["Status"] is JsonObject status ? Sorted(status) : null, scope);

    public VolumeRecord? Find(string name)
    {
        var found = Ask("Get", new JsonObject { ["Name"] = name }, out _)?["Volume"] as JsonObject;
        return found is not null && Described(found) is { } known && known.Name == name ? known : null;
    }

    // What has no name for a volume could neither be asked for nor be shown.
    private VolumeRecord? Described(JsonObject volume) =>
        volume["Name"].Text() is { } known && VolumeStore.IsValid(known) ? new VolumeRecord { Name = known, Created = Created(volume) ?? default, Driver = _name, IsOfPlugin = true } : null;

    // As Go writes a map.
    private static JsonObject Sorted(JsonObject map) => new(map.OrderBy(pair => pair.Key, StringComparer.Ordinal)
        .Select(pair => KeyValuePair.Create(pair.Key, pair.Value is JsonObject inner ? Sorted(inner) : pair.Value?.DeepClone())));

    private static DateTimeOffset? Created(JsonObject volume) =>
        DateTimeOffset.TryParse(volume["CreatedAt"].Text(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    public override string Mount(VolumeRecord volume, string use) =>
        Do("Mount", $"error while mounting volume '{volume.Name}'", Use(volume, use))["Mountpoint"].Text() ?? throw new RefusedException(
            $"error while mounting volume '{volume.Name}': the plugin does not say where.");

    public override void Unmount(VolumeRecord volume, string use, bool isLast) => _ = _socket.Post("VolumeDriver.Unmount", Use(volume, use), PluginSocket.ToDo, out _);

    private static JsonObject Named(VolumeRecord volume) => new() { ["Name"] = volume.Name };

    private static JsonObject Use(VolumeRecord volume, string use) => new() { ["Name"] = volume.Name, ["ID"] = use };

    private JsonObject? Ask(string verb, JsonObject request, out string? error) => _socket.Post("VolumeDriver." + verb, request, PluginSocket.ToSay, out error);

    private JsonObject Do(string verb, string deed, JsonObject request) =>
        _socket.Post("VolumeDriver." + verb, request, PluginSocket.ToDo, out var error) ?? throw new RefusedException($"{deed}: VolumeDriver.{verb}: {error}");
}
