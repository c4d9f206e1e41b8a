using System.CommandLine;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Fuse;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse inspect [--type KIND] NAME...": containers, images and volumes; "container|image|volume inspect" are told which.</summary>
internal static class InspectVerb
{
    // In the order in which a name is looked for.
    private static readonly (string Kind, Func<StateDirectory, string, bool, JsonObject?> Find)[] Kinds = [("container", Container), ("image", Image), ("volume", Volume)];

    public static Command Create()
    {
        var type = new Option<string>("--type") { Description = "The kind of the names: container, image or volume (default: any)." };
        var command = Create("Describe containers, images and volumes in JSON.", result => result.GetValue(type) is { } text ? ByteText.Text(text) : null);
        command.Add(type);
        return command;
    }

    /// <param name="kind">"container", "image" or "volume".</param>
    public static Command Create(string kind) => Create($"Describe {kind}s in JSON.", _ => kind);

    private static Command Create(string description, Func<ParseResult, string?> kind)
    {
        var names = new Argument<string[]>("NAME") { Arity = ArgumentArity.OneOrMore };
        var format = new Option<string>("--format", "-f") { Description = "A template, such as '{{ json .Mounts }}'." };
        var size = new Option<bool>("--size", "-s") { Description = "How much a container has written, and the total with its image." };
        var command = new Command("inspect", description) { names, format, size };
        command.SetAction(result =>
        {
            var template = result.GetValue(format) is { } text ? FormatTemplate.Parse(ByteText.Text(text), FormatTemplate.Unreadable) : null;
            var (state, wanted) = (result.GetValue(size) ? StatePlace.ToChange() : StatePlace.ToRead(), kind(result)); // the files of containers have many owners
            if (wanted is not null && !Array.Exists(Kinds, known => known.Kind == wanted)) throw new RefusedException($"\"{wanted}\" is not a valid value for --type");
            var found = new List<JsonNode?>();
            var refusals = new List<string>();
            foreach (var name in (result.GetValue(names) ?? []).Select(ByteText.Text))
            {
                try
                {
                    found.Add(Find(state, name, wanted, result.GetValue(size)));
                }
                catch (Exception e) when (e is RefusedException or MountException)
                {
                    refusals.Add(e.Message);
                }
            }
            Terminal.Print(template is null ? JsonText.Pretty(new JsonArray([.. found])) : Lines(template, found));
            Terminal.Say(refusals); // last, as docker has it
            return refusals.Count > 0 ? 1 : 0;
        });
        return command;
    }

    // Docker's, too, has an empty line where nothing was found.
    private static string Lines(FormatTemplate template, List<JsonNode?> found) => found.Count == 0 ? "\n" : string.Concat(found.Select(node => template.Render(node) + "\n"));

    private static JsonObject Find(StateDirectory state, string name, string? kind, bool hasSize) =>
        Kinds.Where(known => kind is null || known.Kind == kind).Select(known => known.Find(state, name, hasSize)).FirstOrDefault(described => described is not null)
            ?? throw new RefusedException($"No such {kind ?? "object"}: {name}");

    private static JsonObject? Container(StateDirectory state, string name, bool hasSize)
    {
        var store = new ContainerStore(state);
        if (store.Find(name) is not { } container) return null;
        var described = ContainerDescription.Of(container, store.Layers);
        if (!hasSize) return described;
        var (own, whole) = ContainerSize.Of(store, new ImageStore(state), container.Record);
        described.Insert(described.IndexOf("Mounts"), "SizeRw", own);
        described.Insert(described.IndexOf("Mounts"), "SizeRootFs", whole);
        return described;
    }

    private static JsonObject? Image(StateDirectory state, string name, bool hasSize)
    {
        var store = new ImageStore(state);
        return store.Find(name) is { } image ? ImageDescription.Of(image, store.Layers) : null;
    }

    private static JsonObject? Volume(StateDirectory state, string name, bool hasSize)
    {
        var store = new VolumeStore(state);
        return (store.Find(name) ?? PluginVolumes.Find(name)) is { } volume ? VolumeDescription.Of(store, volume) : null;
    }
}
