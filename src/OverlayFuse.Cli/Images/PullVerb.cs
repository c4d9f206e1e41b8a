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
            using var client = new RegistryClient(registry, RegistryCredentials.OfUser().Find(registry.Host));
            using var progress = new ProgressLine();
            void Say(string text)
            {
                if (!isQuiet) Terminal.Print(text + "\n");
            }
            var puller = new ImagePuller(store, client)
            {
                Said = (layer, what) => Say($"{Identifier.Short(layer.ToString())}: {what}"),
                Progress = progress.For<(long Came, long All)>(count => $"pulling {HumanText.Size(count.Came)} of {HumanText.Size(count.All)}"),
            };
            var before = store.Find(reference.ToString())?.Id;
            Say($"{reference.Tag}: Pulling from {registry.Repository}");
            var image = puller.Pull(reference, out var digest);
            Say($"Digest: {digest}");
            Say($"Status: {(before == image.Id ? "Image is up to date for" : "Downloaded newer image for")} {reference}");
            Terminal.Print($"{registry.Host}/{registry.Repository}:{reference.Tag}\n");
            ImageArguments.SayOwners(puller.WithoutOwner);
            return 0;
        });
        return command;
    }
}
