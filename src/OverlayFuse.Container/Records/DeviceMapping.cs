using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>--device: a device of the host that a container has, under docker's names.</summary>
/// <param name="CgroupPermissions">r, w and m: reading, writing, making nodes of it.</param>
public sealed record DeviceMapping(string PathOnHost, string PathInContainer, string CgroupPermissions)
{
    private const string AllPermissions = "rwm";

    /// <summary>"/HOST[:/CONTAINER][:rwm]".</summary>
    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static DeviceMapping Parse(string text)
    {
        var parts = text.Split(':');
        var (host, inside, permissions) = parts switch
        {
            [var only] => (only, only, AllPermissions),
            [var from, var last] when ArePermissions(last) => (from, from, last),
            [var from, var to] => (from, to, AllPermissions),
            [var from, var to, var last] when ArePermissions(last) => (from, to, last),
            [_, _, var last] => throw Invalid(text, $"bad mode specified: {last}"),
            _ => throw Invalid(text, $"bad format for path: {text}"),
        };
        if (!host.StartsWith('/')) throw Invalid(text, $"{host} is not an absolute path");
        return inside.StartsWith('/') ? new DeviceMapping(host, inside, permissions) : throw Invalid(text, $"{inside} is not an absolute path");
    }

    private static bool ArePermissions(string text) => text.Length > 0 && text.All(AllPermissions.Contains) && text.Distinct().Count() == text.Length;

    private static RefusedException Invalid(string text, string why) => new($"invalid argument \"{text}\" for \"--device\" flag: {why}", 125);
}
