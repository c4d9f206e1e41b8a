using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse tag IMAGE NAME".</summary>
internal static class TagVerb
{
    public static Command Create()
    {
        var source = new Argument<string>("IMAGE");
        var name = new Argument<string>("NAME") { Description = "The further name: repository or repository:tag." };
        var command = new Command("tag", "Give an image a further name.") { source, name };
        command.SetAction(result =>
        {
            var reference = ImageReference.Parse(ByteText.Text(result.GetRequiredValue(name)));
            var store = new ImageStore(StatePlace.ToRead());
            using var held = store.Lock();
            store.Tag(store.Get(ByteText.Text(result.GetRequiredValue(source))), reference);
            return 0;
        });
        return command;
    }
}
