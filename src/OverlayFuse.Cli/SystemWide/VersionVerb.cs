using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse version", under docker's names. There is no daemon: client and server are this program.</summary>
internal static class VersionVerb
{
    public static Command Create()
    {
        var format = new Option<string>("--format", "-f") { Description = "A template, such as '{{.Client.Version}}'." };
        var command = new Command("version", "Show the version of this program.") { format };
        command.SetAction(result =>
        {
            var described = new JsonObject { ["Client"] = Describe(), ["Server"] = Describe() };
            Terminal.Print(result.GetValue(format) is { } text ? FormatTemplate.Parse(ByteText.Text(text), FormatTemplate.Unreadable).Render(described) + "\n" : Lines(Describe()));
            return 0;
        });
        return command;
    }

    private static JsonObject Describe() => new()
    {
        ["Version"] = typeof(VersionVerb).Assembly.GetName().Version!.ToString(3),
        ["Os"] = "linux",
        ["Arch"] = PredefinedArguments.Platform.Split('/')[1],
    };

    private static string Lines(JsonObject client)
    {
        var text = new StringBuilder("Client:\n");
        text.Append($" Version:           {client["Version"]}\n");
        text.Append($" OS/Arch:           {client["Os"]}/{client["Arch"]}\n");
        return text.ToString();
    }
}
