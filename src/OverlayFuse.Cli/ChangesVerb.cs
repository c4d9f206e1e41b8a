using System.CommandLine;
using System.Text;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse changes MERGED": what the upper adds, changes and deletes.</summary>
internal static class ChangesVerb
{
    public static Command Create()
    {
        var arguments = new QuestionArguments();
        var place = new Argument<string[]>("MERGED") { Description = "A directory that a union is mounted on; not with -o.", Arity = ArgumentArity.ZeroOrMore };
        var why = new Option<bool>("--why") { Description = "Say how each change is stored in the upper." };
        var nul = new Option<bool>("-z", "--null") { Description = "Close each line by a NUL and write names as they are." };
        var command = new Command("changes", "List what the upper of a union adds (A), modifies (M) and deletes (D).") { place, why, nul };
        arguments.AddTo(command);
        command.SetAction(result =>
        {
            if (result.GetValue(nul) && (result.GetValue(why) || arguments.Json(result)))
                throw new MountException("-z cannot be combined with --why or --json: it is for programs that read nothing but paths.");
            var changes = Ask(arguments, result, QuestionArguments.Paths(result.GetValue(place) ?? []));
            Terminal.Print(arguments.Json(result) ? Json.Of(changes) : result.GetValue(nul) ? ForPrograms(changes) : ForPeople(changes, result.GetValue(why)));
            return 0;
        });
        return command;
    }

    private static List<Change> Ask(QuestionArguments arguments, ParseResult result, byte[][] places)
    {
        using var layers = arguments.Layers(result);
        if (layers is not null)
        {
            if (places.Length > 0) throw new MountException($"\"{ByteText.Show(places[0])}\" is unexpected: with -o, the layers themselves are compared.");
            var error = layers.Changes(out var changes);
            return error == Errno.None
                ? changes
                : throw new MountException("cannot list the changes: " +
                    $"{(error == Errno.ROFS ? "there is no upperdir among the options, or it is \"ro\"." : error.Describe() + ".")}");
        }
        if (places is not [var place]) throw new MountException("give one mount point: overlayfuse changes MERGED. For layers that are not mounted, use -o lowerdir=A:B,upperdir=U.");
        using var mounted = MountedPlace.Find(place);
        if (mounted.Path.AsSpan().Trim((byte)'/').Length > 0)
            throw new MountException($"cannot list the changes of {ByteText.Show(place)}: it is in a union, but is not its mount point.");
        return ChangeText.Read(mounted.Ask(ControlKind.Changes))
            ?? throw new MountException($"cannot read what the union on {ByteText.Show(place)} says: its daemon has another version. Mount it again.");
    }

    internal static byte[] ForPeople(IEnumerable<Change> changes, bool why)
    {
        var text = new StringBuilder();
        foreach (var change in changes)
        {
            text.Append($"{ChangeText.Key(change.Kind)} {ByteText.Show(change.Path)}");
            text.Append(why ? $"  ({Why(change)})\n" : "\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static byte[] ForPrograms(IEnumerable<Change> changes)
    {
        var text = new MemoryStream();
        foreach (var change in changes)
        {
            text.Write(Encoding.ASCII.GetBytes($"{ChangeText.Key(change.Kind)} "));
            text.Write(change.Path);
            text.WriteByte(0);
        }
        return text.ToArray();
    }

    private static string Why(Change change) => change.Reason switch
    {
        ChangeReason.Copy => "copied up",
        ChangeReason.Metadata => "metadata only",
        ChangeReason.Time => "time of modification",
        ChangeReason.Type => "of another type below",
        ChangeReason.Moved => $"moved from {ByteText.Show(change.From)}",
        ChangeReason.Opaque => "opaque directory: hides what is below",
        ChangeReason.Whiteout => "whiteout",
        ChangeReason.InOpaque => change.Kind == ChangeKind.Deleted ? "hidden by an opaque directory" : "in an opaque directory",
        _ => "new",
    };
}
