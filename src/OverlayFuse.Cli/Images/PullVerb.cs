using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse pull NAME".</summary>
internal static class PullVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "As in registry.example.org/web:1; without a host, of docker.io." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Say its name and nothing else." };
        var command = new Command("pull", "Bring an image from a registry.") { name, quiet };
        command.SetAction(result =>
        {
            var reference = ImageReference.Parse(ByteText.Text(result.GetRequiredValue(name)));
            var isQuiet = result.GetValue(quiet);
            var store = new ImageStore(StatePlace.ToChange());
            var registry = RegistryName.Of(reference);
            ImagePull.Run(store, reference, line =>
            {
                if (!isQuiet) Terminal.Print(line + "\n");
            });
            Terminal.Print($"{registry.Host}/{registry.Repository}:{reference.Tag}\n");
            return 0;
        });
        return command;
    }
}
