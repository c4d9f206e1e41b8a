using System.CommandLine;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse export [-o ARCHIVE] CONTAINER".</summary>
internal static class ExportVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var output = new Option<string>("--output", "-o") { Description = "The archive (default: standard output)." };
        var command = new Command("export", "Write all files of a container into an archive. What is in its volumes is not among them.") { name, output };
        command.SetAction(result =>
        {
            using var mounted = MountedContainer.Open(ByteText.Text(result.GetRequiredValue(name)));
            OutputFile.Write(result.GetValue(output) is { } path ? ByteText.Text(path) : null, stream =>
            {
                var archive = new TarWriter(stream) { NamesRoot = true };
                new TreeArchive(archive).WriteContents(mounted.Root);
                archive.End();
            });
            return 0;
        });
        return command;
    }
}
