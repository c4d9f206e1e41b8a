using System.CommandLine;
using System.Text.Json.Nodes;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse inspect NAME...": containers and images; "image inspect" and "volume inspect" are told which.</summary>
internal static class InspectVerb
{
    public static Command Create() => Create("Describe containers and images in JSON.", Find);

    public static Command Create(bool ofImagesOnly) => ofImagesOnly ? Create("Describe images in JSON.", (state, name) => Image(state, name) ?? throw new RefusedException($"No such image: {name}")) : Create();

    /// <param name="find">What is said of a name.</param>
    internal static Command Create(string description, Func<StateDirectory, string, JsonObject> find)
    {
        var names = new Argument<string[]>("NAME") { Arity = ArgumentArity.OneOrMore };
        var format = new Option<string>("--format", "-f") { Description = "A template, such as '{{ json .Mounts }}'." };
        var command = new Command("inspect", description) { names, format };
        command.SetAction(result =>
        {
            var state = StatePlace.ToRead();
            var found = new List<JsonNode?>();
            var code = ForEach.Name(result.GetValue(names), name =>
            {
                found.Add(find(state, name));
                return "";
            });
            if (result.GetValue(format) is { } text)
            {
                var template = FormatTemplate.Parse(ByteText.Text(text));
                foreach (var node in found) Terminal.Print(template.Render(node) + "\n");
            }
            else Terminal.Print(JsonText.Pretty(new JsonArray([.. found])));
            return code;
        });
        return command;
    }

    private static JsonObject Find(StateDirectory state, string name)
    {
        var containers = new ContainerStore(state);
        return containers.Find(name) is { } container ? ContainerDescription.Of(container, containers.Layers)
            : Image(state, name) ?? throw new RefusedException($"No such object: {name}");
    }

    private static JsonObject? Image(StateDirectory state, string name)
    {
        var store = new ImageStore(state);
        return store.Find(name) is { } image ? ImageDescription.Of(image, store.Layers) : null;
    }
}
