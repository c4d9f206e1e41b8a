using System.CommandLine;
using System.Text;
using OverlayFuse.Fuse;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse install --podman|--docker [--user] [--remove] [--yes]".</summary>
internal static class InstallVerb
{
    public static Command Create()
    {
        var podman = new Option<bool>("--podman") { Description = "Podman, Buildah and others: storage.conf." };
        var docker = new Option<bool>("--docker") { Description = "The Docker engine: daemon.json, and the name fuse-overlayfs in a directory of its own." };
        var user = new Option<bool>("--user") { Description = "Your own configuration instead of that of all users." };
        var remove = new Option<bool>("--remove") { Description = "Undo these changes." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new Command("install", "Have a container tool use this program: shows what will be changed, asks, and keeps what was there.") { podman, docker, user, remove, yes };
        command.SetAction(result =>
        {
            if (result.GetValue(podman) == result.GetValue(docker)) throw new MountException("say for whom: overlayfuse install --podman, or overlayfuse install --docker.");
            var program = Environment.ProcessPath ?? throw new MountException("cannot tell where this program is: /proc is not mounted.");
            var client = result.GetValue(podman) ? ClientConfiguration.Podman(result.GetValue(user), program) : ClientConfiguration.Docker(result.GetValue(user), program);
            return Run(client, result.GetValue(remove), result.GetValue(yes));
        });
        return command;
    }

    private static int Run(ClientConfiguration client, bool remove, bool yes)
    {
        var changes = client.Files.Select(file => remove ? file.ToRemove() : file.ToInstall()).OfType<FileChange>().ToList();
        if (changes.Count == 0)
        {
            Terminal.Print(remove ? $"Nothing of ours is in the configuration of {client.Tool}.\n" : $"{client.Files[^1].Path} of {client.Tool} is set up already.\n");
            return 0;
        }
        foreach (var change in changes) Terminal.Print(Show(change));
        if (!yes && !IsAgreed()) throw new MountException("nothing was changed.");
        FileChanges.Make(changes);
        if (remove)
        {
            FileChanges.DropBackups(client.Files);
            FileChanges.DropDirectories(client.Files);
        }
        Terminal.Print($"Done. {(remove ? client.NextAfterRemoval : client.Next)}\n");
        return 0;
    }

    private static string Show(FileChange change)
    {
        var text = new StringBuilder($"{change.File.Path}{(change.Before is null ? " (new)" : change.After is null ? " (goes)" : "")}\n");
        if (change.File.IsLink) text.Append($"  {(change.After is null ? '-' : '+')}link to {change.After ?? change.Before}\n");
        else foreach (var line in TextDifference.Of(change.Before ?? "", change.After ?? "")) text.Append($"  {line}\n");
        return text.ToString();
    }

    private static bool IsAgreed()
    {
        if (!Confirmation.IsPossible) throw new MountException("nothing was changed, because there is nobody to ask: standard input is not a terminal. Use --yes if this is right.");
        return Confirmation.Ask("Change this?");
    }
}
