using System.CommandLine;
using OverlayFuse.Container;

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
            ContainerMaking.CheckName(ByteText.Text(result.GetRequiredValue(wanted)), store.All().ToDictionary(container => container.Record.Name, container => container.Id));
            store.Rename(store.Get(ByteText.Text(result.GetRequiredValue(name))), ByteText.Text(result.GetRequiredValue(wanted)));
            return 0;
        });
        return command;
    }
}
