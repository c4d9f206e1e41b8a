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
        var force = new Option<bool>("--force", "-f") { Description = "Even if it has several names, or containers were made from it." };
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
                    code = Math.Max(code, e.ExitCode);
                }
            }
            return code;
        });
        return command;
    }

    private static string Remove(ImageStore store, ContainerStore containers, string name, bool force)
    {
        using var held = store.Lock();
        var image = store.Find(name) ?? throw new RefusedException($"No such image: {name}", force ? 0 : 1);
        var users = containers.All().Where(container => container.Record.ImageId == image.Id).ToList();
        var running = users.Find(container => container.IsRunning);
        var asked = ImageReference.TryParsePinned(name) is { } reference && image.References.Contains(reference) ? reference : null;
        var goes = asked is null ? image.References : image.GoingWith(asked);
        if (asked is not null && (goes.Count < image.References.Count || (force && running is not null))) // what runs keeps its image, by its id
        {
            store.Untag(goes);
            return Untagged(goes);
        }
        if (asked is null && running is not null) throw new RefusedException(InUse(image, running));
        if (asked is null && !image.HasOneName && !force)
            throw new RefusedException($"conflict: unable to delete {Identifier.Short(image.Id)} (must be forced) - image is referenced in multiple repositories");
        if (users is [var user, ..] && !force) throw new RefusedException(asked is null ? InUse(image, user) : InUse(image, asked, user));
        store.Remove(image, layer => ContainerLayers.AreUsed(containers, layer));
        return Untagged(goes) + $"Deleted: {image.Id}\n";
    }

    private static string Untagged(IReadOnlyList<ImageReference> names) => string.Concat(names.Select(name => $"Untagged: {name}\n"));

    private static string InUse(StoredImage image, ImageReference asked, StoredContainer user) =>
        $"conflict: unable to remove repository reference \"{asked}\" (must force) - container {Identifier.Short(user.Id)} is using its referenced image {Identifier.Short(image.Id)}";

    private static string InUse(StoredImage image, StoredContainer user)
    {
        var (force, kind) = user.IsRunning ? ("cannot be forced", "running") : ("must be forced", "stopped");
        return $"conflict: unable to delete {Identifier.Short(image.Id)} ({force}) - image is being used by {kind} container {Identifier.Short(user.Id)}";
    }
}
