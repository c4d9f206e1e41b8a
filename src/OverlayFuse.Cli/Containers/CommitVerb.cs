using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse commit [FLAGS] CONTAINER [NAME]".</summary>
internal static class CommitVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var target = new Argument<string?>("NAME") { Description = "The name of the image: repository or repository:tag.", Arity = ArgumentArity.ZeroOrOne };
        var author = new Option<string>("--author", "-a") { Description = "Who made it, such as 'Jane Doe <jane@example.org>'." };
        var message = new Option<string>("--message", "-m") { Description = "The comment in the image's history." };
        var changes = new Option<string[]>("--change", "-c") { Description = "An instruction of a Dockerfile, such as 'CMD [\"/bin/sh\"]'." };
        var pause = new Option<bool>("--pause", "-p") { Description = "Accepted: nothing is paused, and what is written meanwhile may be in it or not." };
        var command = new Command("commit", "Make an image of what a container has changed: one layer upon those of its image.") { name, target, author, message, changes, pause };
        command.SetAction(result =>
        {
            var reference = result.GetValue(target) is { } given ? ImageReference.Parse(ByteText.Text(given)) : null;
            using var mounted = MountedContainer.Open(ByteText.Text(result.GetRequiredValue(name)));
            var record = mounted.Container.Record;
            var config = record.Config.Copy();
            (config.Hostname, config.Image) = (record.Hostname, record.Image);
            config.Labels ??= []; // as docker has it
            foreach (var change in (result.GetValue(changes) ?? []).Select(ByteText.Text)) ConfigChange.Apply(config, change);

            var images = new ImageStore(mounted.Store.State);
            var entry = new HistoryEntry
            {
                Created = DerivedImage.Now(),
                Author = result.GetValue(author) is { } who ? ByteText.Text(who) : null,
                CreatedBy = string.Join(' ', record.Command),
                Comment = result.GetValue(message) is { } text ? ByteText.Text(text) : null,
            };
            var archive = LayerCapture.Write(mounted);
            try
            {
                using var held = images.Lock();
                var parent = images.Find(record.ImageId) ?? throw new RefusedException($"the image {record.ImageId} of container {record.Name} was removed, so nothing " +
                    "can be committed on top of it. Use export and import.");
                var layers = parent.Record.Layers;
                var image = DerivedImage.Keep(images, DerivedImage.Passing(parent.Config, [.. layers, DerivedImage.AddLayer(images, archive, layers)], config, [entry]));
                if (reference is not null) images.Tag(image, reference);
                Terminal.Print(image.Id + "\n");
            }
            finally
            {
                File.Delete(archive);
            }
            return 0;
        });
        return command;
    }
}
