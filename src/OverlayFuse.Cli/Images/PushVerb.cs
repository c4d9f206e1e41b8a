using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse push NAME".</summary>
internal static class PushVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "An image that is here under this name; its first part is the registry." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print only its name." };
        var command = new Command("push", "Bring an image to a registry.") { name, quiet };
        command.SetAction(result =>
        {
            var reference = ImageReference.Parse(ByteText.Text(result.GetRequiredValue(name)));
            var isQuiet = result.GetValue(quiet);
            var store = new ImageStore(StatePlace.ToRead());
            if (store.Find(reference.ToString()) is not { } image) throw new RefusedException($"An image does not exist locally with the tag: {reference.Repository}");
            var registry = RegistryName.Of(reference);
            using var client = new RegistryClient(registry, RegistryCredentials.OfUser().Find(registry.Host));
            using var progress = new ProgressLine();
            void Say(string text)
            {
                if (!isQuiet) Terminal.Print(text + "\n");
            }
            Say($"The push refers to repository [{registry.Host}/{registry.Repository}]");
            var pusher = new ImagePusher(store, client)
            {
                Said = (layer, what) => Say($"{Identifier.Short(layer.ToString())}: {what}"),
                Progress = progress.For<long>(count => $"pushing {HumanText.Size(count)}"),
            };
            var (digest, size) = pusher.Push(image, reference);
            using (store.Lock())
                if (store.Find(image.Id) is not null) store.Tag(image, reference.With(digest)); // it may have been removed meanwhile
            Say($"{reference.Tag}: digest: {digest} size: {size}");
            if (isQuiet) Terminal.Print($"{registry.Host}/{registry.Repository}:{reference.Tag}\n");
            return 0;
        });
        return command;
    }
}
