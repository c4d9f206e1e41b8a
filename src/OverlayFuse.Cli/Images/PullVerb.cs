using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse pull NAME[@DIGEST]".</summary>
internal static class PullVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "Such as registry.example.org/web:1; without a host, from docker.io. Or with @sha256:..., the digest of its manifest." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print only its name." };
        var command = new Command("pull", "Bring an image from a registry.") { name, quiet };
        command.SetAction(result =>
        {
            var asked = ByteText.Text(result.GetRequiredValue(name));
            var reference = ImageReference.TryParsePinned(asked) ?? ImageReference.Parse(asked); // the sentence of what is none
            var isQuiet = result.GetValue(quiet);
            var store = new ImageStore(StatePlace.ToChange());
            var registry = RegistryName.Of(reference);
            ImagePull.Run(store, reference, line =>
            {
                if (!isQuiet) Terminal.Print(line + "\n");
            });
            Terminal.Print(ImagePull.WholeName(registry, reference) + "\n");
            return 0;
        });
        return command;
    }
}
