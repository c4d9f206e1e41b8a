using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse rmi IMAGE...", also "image rm".</summary>
internal static class RemoveImageVerb
{
    public static Command Create(string word)
    {
        var names = new Argument<string[]>("IMAGE") { Arity = ArgumentArity.OneOrMore };
        var force = new Option<bool>("--force", "-f") { Description = "Also with several names, and when containers of it exist." };
        var command = new Command(word, "Remove names of images, and images without names.") { names, force };
        command.SetAction(result =>
        {
            var state = StatePlace.ToChange();
            var code = 0;
            foreach (var name in (result.GetValue(names) ?? []).Select(ByteText.Text))
            {
                try
                {
                    Terminal.Print(Remove(new ImageStore(state), new ContainerStore(state), name, result.GetValue(force)));
                }
                catch (RefusedException e)
                {
                    Terminal.Say(e.Message);
                    code = e.ExitCode;
                }
            }
            return code;
        });
        return command;
    }

    private static string Remove(ImageStore store, ContainerStore containers, string name, bool force)
    {
        using var held = store.Lock();
        var image = store.Get(name);
        var asked = ImageReference.TryParsePinned(name) is { } reference && image.References.Contains(reference) ? reference : null;
        if (asked is not null && image.References.Count > 1)
        {
            store.Untag(asked);
            return $"Untagged: {asked}\n";
        }
        if (asked is null && image.References.Count > 1 && !force)
            throw new RefusedException($"conflict: unable to delete {Identifier.Short(image.Id)} (must be forced) - image is referenced in multiple repositories");
        var users = containers.All().Where(container => container.Record.ImageId == image.Id).ToList();
        if (users is [var user, ..] && (!force || user.IsRunning)) throw new RefusedException(Refusal(image, asked, user));
        store.Remove(image, layer => ContainerLayers.AreUsed(containers, layer));
        return string.Concat(image.References.Select(removed => $"Untagged: {removed}\n")) + $"Deleted: {image.Id}\n";
    }

    private static string Refusal(StoredImage image, ImageReference? asked, StoredContainer user) => asked is not null
        ? $"conflict: unable to remove repository reference \"{asked}\" (must force) - container {Identifier.Short(user.Id)} is using its referenced image {Identifier.Short(image.Id)}"
        : $"conflict: unable to delete {Identifier.Short(image.Id)} (must be forced) - image is being used by {(user.IsRunning ? "running" : "stopped")} container {Identifier.Short(user.Id)}";
}
