using System.Net;
using System.Text.RegularExpressions;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>--add-host, --dns and --dns-search, read. Pure.</summary>
internal static partial class NetworkNames
{
    private const int Refused = 125;

    /// <summary>"NAME:ADDRESS", or the word for the host's.</summary>
    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static string Host(string text)
    {
        if (text.Split(':', 2) is not [{ Length: > 0 }, var address]) throw Invalid(text, "add-host", $"bad format for add-host: \"{text}\"");
        return address == HostGateway.Word || IPAddress.TryParse(address.Trim('[', ']'), out _) ? text : throw Invalid(text, "add-host", $"invalid IP address in add-host: \"{address}\"");
    }

    /// <exception cref="RefusedException">It is no address, in docker's words.</exception>
    public static string Server(string text) =>
        IPAddress.TryParse(text.Trim(), out var address) ? address.ToString() : throw Invalid(text, "dns", $"{text} is not an ip address");

    /// <summary>A domain; "." stands for none.</summary>
    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static string Domain(string text) =>
        text.Trim() is var domain && (domain == "." || (domain.Length < 255 && Form().IsMatch(domain))) ? domain : throw Invalid(text, "dns-search", $"{text} is not a valid domain");

    private static RefusedException Invalid(string text, string flag, string why) => new($"invalid argument \"{text}\" for \"--{flag}\" flag: {why}", Refused);

    [GeneratedRegex(@"^[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]*[a-zA-Z0-9_])?)*\.?$")]
    private static partial Regex Form();
}
