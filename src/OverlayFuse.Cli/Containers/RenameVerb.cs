using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse rename CONTAINER NAME".</summary>
internal static class RenameVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var wanted = new Argument<string>("NAME") { Description = "The new name." };
        var command = new Command("rename", "Give a container another name.") { name, wanted };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToRead());
            using var held = store.Lock();
            var (container, newName) = (store.Get(ByteText.Text(result.GetRequiredValue(name))), ByteText.Text(result.GetRequiredValue(wanted)));
            if (container.Record.Name == newName) throw new RefusedException("Renaming a container with the same name as its current name");
            ContainerMaking.CheckName(newName, store.All().ToDictionary(other => other.Record.Name, other => other.Id));
            store.Rename(container, newName);
            return 0;
        });
        return command;
    }
}
