using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse import ARCHIVE|DIRECTORY|- [NAME]".</summary>
internal static class ImportVerb
{
    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "An archive of a root file system, a directory, or - for standard input." };
        var name = new Argument<string?>("NAME") { Description = "The name of the image.", Arity = ArgumentArity.ZeroOrOne };
        var changes = new Option<string[]>("--change", "-c") { Description = "An instruction of a Dockerfile, such as 'CMD [\"/bin/sh\"]'." };
        var message = new Option<string>("--message", "-m") { Description = "The comment in the image's history." };
        var command = new Command("import", "Make an image of a root file system.") { source, name, changes, message };
        command.SetAction(result =>
        {
            var reference = result.GetValue(name) is { } given ? ImageReference.Parse(ByteText.Text(given)) : null;
            var state = StatePlace.ToChange();
            using var progress = new ProgressLine();
            var importer = new RootFsImporter(new ImageStore(state)) { Progress = progress.For<long>(count => $"unpacking {HumanText.Size(count)}") };
            var image = ImageArguments.With(state, result.GetRequiredValue(source), path => importer.Import(
                path,
                result.GetRequiredValue(source) == "-" ? "-" : path,
                result.GetValue(message) is { } text ? ByteText.Text(text) : null,
                (result.GetValue(changes) ?? []).Select(ByteText.Text),
                reference));
            Terminal.Print(image.Id + "\n");
            ImageArguments.SayOwners(importer.WithoutOwner);
            return 0;
        });
        return command;
    }
}
