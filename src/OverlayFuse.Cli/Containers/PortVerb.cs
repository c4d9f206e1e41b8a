using System.CommandLine;
using OverlayFuse.Container;
using OverlayFuse.Image;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse port CONTAINER [PORT[/PROTOCOL]]".</summary>
internal static class PortVerb
{
    public static Command Create()
    {
        var name = new Argument<string>("CONTAINER");
        var port = new Argument<string?>("PORT") { Description = "Only this port, such as 80 or 53/udp.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("port", "List the ports of the host that lead to a container.") { name, port };
        command.SetAction(result =>
        {
            var container = new ContainerStore(StatePlace.ToRead()).Get(ByteText.Text(result.GetRequiredValue(name)));
            var published = container.IsRunning ? container.State.Ports ?? [] : [];
            if (result.GetValue(port) is { } text) Terminal.Print(Places(published, ByteText.Text(text), container.Record.Name));
            else Terminal.Print(string.Concat(published.Select(port => $"{port.Exposed} -> {port.HostIp}:{port.HostPort}\n")));
            return 0;
        });
        return command;
    }

    /// <exception cref="RefusedException">It is not published, in docker's words.</exception>
    private static string Places(IEnumerable<PortMapping> published, string asked, string name)
    {
        var wanted = asked.Contains('/') ? asked : asked + "/tcp";
        var places = string.Concat(published.Where(port => port.Exposed == wanted).Select(port => $"{port.HostIp}:{port.HostPort}\n"));
        return places.Length > 0 ? places : throw new RefusedException($"No public port '{wanted}' published for {name}");
    }
}
