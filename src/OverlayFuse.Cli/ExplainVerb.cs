using System.CommandLine;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse explain PATH...": why a path of a union is what it is.</summary>
internal static class ExplainVerb
{
    public static Command Create()
    {
        var arguments = new QuestionArguments();
        var paths = new Argument<string[]>("PATH") { Description = "A path in a mounted union, which need not exist; with -o, a path from the root of the union.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("explain", "Say why a path is what it is: what each layer has, which one shows, and where a write would go.") { paths };
        arguments.AddTo(command);
        command.SetAction(result => Run(arguments, result, QuestionArguments.Paths(result.GetRequiredValue(paths))));
        return command;
    }

    private static int Run(QuestionArguments arguments, ParseResult result, byte[][] paths)
    {
        using var layers = arguments.Layers(result);
        var explanations = new List<Explanation>();
        var failed = false;
        foreach (var path in paths)
        {
            try
            {
                explanations.Add(layers is null ? AskMount(path) : AskLayers(layers, path));
            }
            catch (MountException e)
            {
                Terminal.Say(e.Message);
                failed = true;
            }
        }
        if (arguments.Json(result)) Terminal.Print(Json.Of(explanations));
        else Terminal.Print(new ExplanationWords(Palette.Of(Environment.GetEnvironmentVariable), Caller.Current().Directory).Tell(explanations));
        return failed ? 1 : 0;
    }

    private static Explanation AskMount(byte[] path)
    {
        using var place = MountedPlace.Find(path);
        return ExplanationText.Read(place.Ask(ControlKind.Explain))
            ?? throw new MountException($"cannot read what the union says about {ByteText.Show(path)}: its daemon has another version. Mount it again.");
    }

    private static Explanation AskLayers(UnmountedUnion layers, byte[] path)
    {
        var error = layers.Explain(path, out var explanation);
        return error == Errno.None
            ? explanation!
            : throw new MountException($"cannot explain {ByteText.Show(path)}: " +
                $"{(error == Errno.INVAL ? "with -o, paths start at the root of the union and have no \"..\"." : error.Describe() + ".")}");
    }
}
