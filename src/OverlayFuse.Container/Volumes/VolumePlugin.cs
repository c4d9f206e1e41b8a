using System.Globalization;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>A driver that is another program, asked by Docker's volume plugin protocol.</summary>
/// <remarks>docs.docker.com, "Docker volume plugins": POST requests with JSON over a Unix socket; what fails comes back as {"Err":"..."}.</remarks>
internal sealed class VolumePlugin : VolumeDriver
{
    private readonly string _name;
    private readonly PluginSocket _socket;

    private VolumePlugin(string name, PluginSocket socket) => (_name, _socket) = (name, socket);

    public static VolumePlugin Find(string name, string deed)
    {
        var socket = PluginSocket.Find(name) ?? throw new RefusedException($"{deed}: error looking up volume plugin {name}: plugin \"{name}\" not found");
        var activated = socket.Post("Plugin.Activate", null, out var error);
        if (activated?["Implements"] is JsonArray kinds && kinds.Any(kind => kind.Text() == "VolumeDriver")) return new VolumePlugin(name, socket);
        throw new RefusedException($"{deed}: error looking up volume plugin {name}: {error ?? "it is no volume driver"}");
    }

    public override void Create(VolumeRecord volume)
    {
        if (_socket.Post("VolumeDriver.Get", Named(volume), out _) is not null) return; // another tool has made it
        var options = new JsonObject(volume.Options.Select(option => KeyValuePair.Create(option.Key, (JsonNode?)JsonValue.Create(option.Value))));
        Do("Create", $"create {volume.Name}", new JsonObject { ["Name"] = volume.Name, ["Opts"] = options });
    }

    public override void Remove(VolumeRecord volume)
    {
        if (_socket.Post("VolumeDriver.Get", Named(volume), out _) is null) return; // it answered a moment ago: the plugin has it no more, and only our record is left
        Do("Remove", $"remove {volume.Name}", Named(volume));
    }

    public override string PathOf(VolumeRecord volume) => (_socket.Post("VolumeDriver.Get", Named(volume), out _)?["Volume"] as JsonObject)?["Mountpoint"].Text() ?? "";

    public override VolumeFacts FactsOf(VolumeRecord volume)
    {
        var asked = _socket.Post("VolumeDriver.Get", Named(volume), out var error)?["Volume"] as JsonObject ?? throw new RefusedException($"get {volume.Name}: {error ?? "no such volume"}");
        var scope = (_socket.Post("VolumeDriver.Capabilities", [], out _)?["Capabilities"] as JsonObject)?["Scope"].Text();
        return new VolumeFacts(asked["Mountpoint"].Text() ?? "", Created(asked), asked["Status"] is JsonObject status ? Sorted(status) : null, scope is "global" ? scope : Local);
    }

    public IEnumerable<VolumeRecord> List() => (_socket.Post("VolumeDriver.List", [], out _)?["Volumes"] as JsonArray ?? []).OfType<JsonObject>().Select(Described).OfType<VolumeRecord>();

    public VolumeRecord? Find(string name) => _socket.Post("VolumeDriver.Get", new JsonObject { ["Name"] = name }, out _)?["Volume"] is JsonObject found && Described(found) is { } known && known.Name == name ? known : null;

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

    public override void Unmount(VolumeRecord volume, string use, bool isLast) => _ = _socket.Post("VolumeDriver.Unmount", Use(volume, use), out _);

    private static JsonObject Named(VolumeRecord volume) => new() { ["Name"] = volume.Name };

    private static JsonObject Use(VolumeRecord volume, string use) => new() { ["Name"] = volume.Name, ["ID"] = use };

    private JsonObject Do(string verb, string deed, JsonObject request) =>
        _socket.Post("VolumeDriver." + verb, request, out var error) ?? throw new RefusedException($"{deed}: VolumeDriver.{verb}: {error}");
}
