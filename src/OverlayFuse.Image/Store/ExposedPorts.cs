using System.Globalization;

namespace OverlayFuse.Image;

/// <summary>What EXPOSE names: ports, ranges of them, and as docker has it all that -p takes, of which the container's side counts. Pure.</summary>
public static class ExposedPorts
{
    private const int Last = 65535;

    /// <summary>"80/tcp" and the like, one for each port of a range.</summary>
    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static IEnumerable<string> Parse(string text)
    {
        var slash = text.IndexOf('/');
        var protocol = slash < 0 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        if (protocol is not ("tcp" or "udp" or "sctp")) throw new RefusedException($"Invalid proto: {protocol}");
        var ports = slash < 0 ? text : text[..slash];
        var inside = ports[(ports.LastIndexOf(':') + 1)..];
        var (first, last) = Range(inside) ?? throw new RefusedException($"Invalid containerPort: {inside}");
        return Enumerable.Range(first, last - first + 1).Select(port => $"{port}/{protocol}");
    }

    /// <summary>"FIRST-LAST", or one; null for what is neither.</summary>
    public static (int First, int Last)? Range(string text)
    {
        var dash = text.IndexOf('-');
        return Port(dash < 0 ? text : text[..dash]) is { } from && (dash < 0 ? from : Port(text[(dash + 1)..])) is { } to && from <= to ? (from, to) : null;
    }

    private static int? Port(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= Last ? port : null;
}
