using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse load -i ARCHIVE".</summary>
internal static class LoadVerb
{
    public static Command Create()
    {
        var input = new Option<string>("--input", "-i") { Description = "An archive of \"docker save\", an OCI archive, or a directory with an OCI layout; without it, standard input." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Show no progress." };
        var command = new Command("load", "Load images from an archive.") { input, quiet };
        command.SetAction(result =>
        {
            var state = StatePlace.ToChange();
            using var progress = new ProgressLine();
            var loader = new ImageLoader(new ImageStore(state)) { Progress = progress.For<long>(count => $"unpacking {HumanText.Size(count)}") };
            var loaded = ImageArguments.With(state, result.GetValue(input), loader.Load);
            foreach (var (image, name) in loaded) Terminal.Print(name is null ? $"Loaded image ID: {image.Id}\n" : $"Loaded image: {name}\n");
            ImageArguments.SayOwners(loader.WithoutOwner);
            return 0;
        });
        return command;
    }
}
