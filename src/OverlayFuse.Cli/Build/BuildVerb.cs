using System.CommandLine;
using System.Text;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse build [FLAGS] DIRECTORY|-".</summary>
internal static class BuildVerb
{
    private const string StandardInput = "-";
    private const int BadFlag = 125; // docker's code

    public static Command Create()
    {
        var directory = new Argument<string>("DIRECTORY") { Description = "What COPY and ADD copy from; - for an archive of it, or a Dockerfile, on standard input." };
        var file = new Option<string>("--file", "-f") { Description = "The Dockerfile, - for standard input; without it, that in the directory." };
        var tags = new Option<string[]>("--tag", "-t") { Description = "The name of the image: repository or repository:tag." };
        var arguments = new Option<string[]>("--build-arg") { Description = "NAME=VALUE for an ARG, or NAME to pass on ours." };
        var target = new Option<string>("--target") { Description = "Stop at this stage." };
        var fresh = new Option<bool>("--no-cache") { Description = "Do every step again, without the cache." };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Print only the image's id." };
        var progress = new Option<string>("--progress") { Description = "plain or auto: there is one form." };
        var network = new Option<string>("--network") { Description = "The network of RUN, as that of run." };
        var labels = new Option<string[]>("--label") { Description = "NAME=VALUE" };
        var idFile = new Option<string>("--iidfile") { Description = "Write the image's id into this file." };
        var pull = new Option<bool>("--pull") { Description = "Pull the images of FROM even if they are here." };
        var remove = new Option<bool>("--rm", "--force-rm") { Description = "Accepted: the container of a step is always removed." };
        var command = new Command("build", "Build an image from a Dockerfile.") { directory, file, tags, arguments, labels, target, fresh, pull, quiet, idFile, progress, network, remove };
        command.SetAction(result =>
        {
            var request = new BuildRequest
            {
                Directory = ByteText.Bytes(result.GetRequiredValue(directory)),
                File = result.GetValue(file) is { } given ? ByteText.Text(given) : null,
                Tags = [.. (result.GetValue(tags) ?? []).Select(ByteText.Text)],
                Arguments = Arguments((result.GetValue(arguments) ?? []).Select(ByteText.Text)),
                Target = result.GetValue(target) is { } stage ? ByteText.Text(stage) : null,
                Labels = [.. (result.GetValue(labels) ?? []).Select(ByteText.Text)],
                NoCache = result.GetValue(fresh),
                Pull = result.GetValue(pull) ? PullPolicy.Always : PullPolicy.Missing,
                Quiet = result.GetValue(quiet),
                Network = result.GetValue(network) is { } which ? ByteText.Text(which) : null,
            };
            if (request is { Directory: [(byte)'-'], File: StandardInput }) throw new RefusedException("invalid argument: can't use stdin for both build context and dockerfile");
            foreach (var tag in request.Tags) ImageReference.Parse(tag, BadFlag);
            _ = StorageDrivers.Chosen(); // for its sentence: no step needs another than ours
            var image = Run(request, StatePlace.ToChange());
            if (result.GetValue(idFile) is { } path) OutputFile.Write(ByteText.Text(path), stream => stream.Write(Encoding.ASCII.GetBytes(image.Id)));
            return 0;
        });
        return command;
    }

    private static StoredImage Run(BuildRequest request, StateDirectory state)
    {
        using var sent = request.Directory is [(byte)'-'] ? SentContext.Read(state) : null;
        var directory = sent?.Directory ?? Encoding.UTF8.GetString(request.Directory);
        var path = sent?.PathOfDockerfile(request.File) ?? (request.File is null or StandardInput ? Path.Combine(directory, "Dockerfile") : request.File);
        var file = Dockerfile.Parse(request.File == StandardInput ? ImageArguments.With(state, StandardInput, File.ReadAllText) : Text(path));
        var rules = sent is null ? Path.Combine(directory, ".dockerignore") : sent.PathOf(".dockerignore");
        var ignored = (sent is null ? AtomicFile.Read(path + ".dockerignore") : null) ?? (rules is null ? null : AtomicFile.Read(rules)) ?? [];
        using var context = BuildContext.OfDirectory(sent is null ? request.Directory : Encoding.UTF8.GetBytes(directory), Encoding.UTF8.GetString(ignored));

        var (images, containers, output) = (new ImageStore(state), new ContainerStore(state), new BuildOutput(request.Quiet));
        using var turn = BuildTurn.Take(images, containers);
        using var stop = new BuildStop();
        var image = new Builder(images, containers, request, file, context, output, stop).Run(Path.GetFileName(path));
        if (request.Quiet) Terminal.Print(image.Id + "\n");
        output.Begin("exporting to image");
        output.Line($"writing image {image.Id}");
        foreach (var tag in request.Tags) output.Line($"naming to {ImageReference.Parse(tag)}");
        output.Done();
        return image;
    }

    private static string Text(string path) => File.Exists(path) ? File.ReadAllText(path) : throw new RefusedException(
        $"unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat {Path.GetFullPath(path)}: no such file or directory");

    private static Dictionary<string, string?> Arguments(IEnumerable<string> given)
    {
        var arguments = new Dictionary<string, string?>();
        foreach (var word in given)
        {
            var at = word.IndexOf('=');
            arguments[at < 0 ? word : word[..at]] = at < 0 ? Environment.GetEnvironmentVariable(word) : word[(at + 1)..];
        }
        return arguments;
    }
}
