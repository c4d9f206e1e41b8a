using System.Net;

namespace OverlayFuse.Image;

/// <summary>Where a name of an image leads: a registry, and a repository in it. Pure.</summary>
/// <param name="Host">As the name has it; credentials are kept under it.</param>
/// <param name="Address">Its API, without a slash at the end.</param>
public sealed record RegistryName(string Host, string Repository, string Address)
{
    private const string Docker = "docker.io";

    /// <summary>The first word is a host when it has a dot or a port, or is "localhost"; else it is docker's registry.</summary>
    public static RegistryName Of(ImageReference reference)
    {
        var slash = reference.Repository.IndexOf('/');
        var first = slash < 0 ? "" : reference.Repository[..slash];
        if (!first.Contains('.') && !first.Contains(':') && first != "localhost") return OfDocker(reference.Repository);
        return new RegistryName(first, reference.Repository[(slash + 1)..], AddressOf(first));
    }

    /// <summary>Plain HTTP for our own machine only.</summary>
    public static string AddressOf(string host)
    {
        if (host == Docker) return "https://registry-1.docker.io";
        var colon = host.LastIndexOf(':');
        var name = colon < 0 ? host : host[..colon];
        return (name == "localhost" || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address)) ? "http://" : "https://") + host;
    }

    private static RegistryName OfDocker(string repository) => new(Docker, repository.Contains('/') ? repository : "library/" + repository, AddressOf(Docker));
}
