using System.CommandLine;
using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse diff CONTAINER": what its writable layer adds (A), changes (C) and deletes (D).</summary>
internal static class DiffVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var command = new Command("diff", "List what a container has added (A), changed (C) and deleted (D).") { name };
        command.SetAction(result =>
        {
            var store = new ContainerStore(StatePlace.ToChange());
            Terminal.Print(Text(ContainerChanges.Of(store, store.Get(ByteText.Text(result.GetRequiredValue(name))).Record, expandsMoves: true)));
            return 0;
        });
        return command;
    }

    /// <summary>With the directories above each change, as docker has them. Pure.</summary>
    internal static string Text(IEnumerable<Change> changes)
    {
        var text = new StringBuilder();
        var said = new HashSet<string>();
        foreach (var change in changes)
        {
            var path = ByteText.Show(change.Path);
            for (var slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
            {
                if (said.Add(path[..slash])) text.Append($"C {path[..slash]}\n");
            }
            if (said.Add(path)) text.Append($"{(change.Kind == ChangeKind.Modified ? "C" : ChangeText.Key(change.Kind))} {path}\n");
        }
        return text.ToString();
    }
}
