using System.CommandLine;
using OverlayFuse.Image;
using OverlayFuse.Linux;

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
            using var saver = Open(store, [.. (result.GetValue(names) ?? []).Select(ByteText.Text)]);
            OutputFile.Write(result.GetValue(output) is { } path ? ByteText.Text(path) : null, stream => saver.Write(new TarWriter(stream)));
            return 0;
        });
        return command;
    }

    // The lock is held for that only, and not while whoever reads the archive takes his time.
    private static ImageSaver Open(ImageStore store, List<string> names)
    {
        if (Syscall.GetLimit(ResourceLimit.OpenFiles, out var current, out var maximum) == Errno.None && current < maximum)
            _ = Syscall.SetLimit(ResourceLimit.OpenFiles, maximum, maximum); // one for each layer, and there may be thousands
        using var held = store.Lock();
        return new ImageSaver(store,
        [
            .. names.Select(name => (Name: name, Image: store.Get(name)))
                .GroupBy(found => found.Image.Id)
                .Select(group => (group.First().Image, (IReadOnlyList<ImageReference>)[.. group.SelectMany(found => Names(found.Image, found.Name)).Distinct()])),
        ]);
    }

    /// <summary>A name as it was asked for; for an id or a digest, all that the image has.</summary>
    private static IEnumerable<ImageReference> Names(StoredImage image, string asked) =>
        ImageReference.TryParse(asked) is { } reference && image.References.Contains(reference) ? [reference] : image.Tags;
}
