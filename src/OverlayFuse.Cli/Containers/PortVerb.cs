using System.CommandLine;
using OverlayFuse.Container;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse port CONTAINER".</summary>
internal static class PortVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var command = new Command("port", "List the ports of the host that lead to a container.") { name };
        command.SetAction(result =>
        {
            var container = new ContainerStore(StatePlace.ToRead()).Get(ByteText.Text(result.GetRequiredValue(name)));
            if (container.IsRunning) Terminal.Print(string.Concat((container.State.Ports ?? []).Select(port => $"{port.Exposed} -> {port.HostIp}:{port.HostPort}\n")));
            return 0;
        });
        return command;
    }
}
