using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse save -o ARCHIVE IMAGE...".</summary>
internal static class SaveVerb
{
    public static Command Create()
    {
        var names = new Argument<string[]>("IMAGE") { Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output", "-o") { Description = "The archive (default: standard output)." };
        var command = new Command("save", "Write images into an archive that docker, podman and skopeo read, as an OCI archive too.") { names, output };
        command.SetAction(result =>
        {
            var store = new ImageStore(StatePlace.ToRead());
            using var held = store.Lock();
            var images = (result.GetValue(names) ?? []).Select(ByteText.Text).Select(name => (Name: name, Image: store.Get(name)))
                .GroupBy(found => found.Image.Id)
                .Select(group => (group.First().Image, Names: (IReadOnlyList<ImageReference>)[.. group.SelectMany(found => Names(found.Image, found.Name)).Distinct()]))
                .ToList();
            OutputFile.Write(result.GetValue(output) is { } path ? ByteText.Text(path) : null, stream => new ImageSaver(store, new TarWriter(stream)).Save(images));
            return 0;
        });
        return command;
    }

    /// <summary>A name as it was asked for; for an id or a digest, all that the image has.</summary>
    private static IEnumerable<ImageReference> Names(StoredImage image, string asked) =>
        ImageReference.TryParse(asked) is { } reference && image.References.Contains(reference) ? [reference] : image.Tags;
}
