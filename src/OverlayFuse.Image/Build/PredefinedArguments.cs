namespace OverlayFuse.Image;

/// <summary>Build arguments that nobody has to declare, or give: the platform, which is always this machine's, and proxies. Pure but for that.</summary>
/// <remarks>Dockerfile reference, "Predefined ARGs", "Automatic platform ARGs in the global scope".</remarks>
public static class PredefinedArguments
{
    private static readonly string[] Proxies = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

    /// <summary>As "linux/amd64".</summary>
    public static string Platform => $"linux/{ImageLoader.ThisArchitecture}";

    /// <summary>What an argument of a platform is; null for others.</summary>
    public static string? Find(string name) => name switch
    {
        "TARGETPLATFORM" or "BUILDPLATFORM" => Platform,
        "TARGETOS" or "BUILDOS" => "linux",
        "TARGETARCH" or "BUILDARCH" => ImageLoader.ThisArchitecture,
        "TARGETVARIANT" or "BUILDVARIANT" => "",
        _ => null,
    };

    /// <summary>Given to RUN without an ARG, and neither in the history nor of weight for the cache.</summary>
    public static bool IsProxy(string name) => Proxies.Contains(name.ToUpperInvariant()) && (name == name.ToUpperInvariant() || name == name.ToLowerInvariant());

    /// <summary>Whether "FROM --platform" means this machine.</summary>
    public static bool IsOurs(string platform) => platform is "local" or "linux" || platform == Platform || platform == ImageLoader.ThisArchitecture || platform == Platform + "/v8";
}
