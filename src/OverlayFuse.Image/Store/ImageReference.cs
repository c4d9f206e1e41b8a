using System.Text.RegularExpressions;

namespace OverlayFuse.Image;

/// <summary>"repository:tag", the name people give to an image; or "repository@digest", which leads to one image for ever.</summary>
public sealed partial record ImageReference(string Repository, string Tag)
{
    private const string DefaultTag = "latest";
    private const string NoTag = "<none>"; // as lists show it
    private const string Official = "library/";

    /// <summary>That of the manifest, where the name says it in the place of a tag.</summary>
    public Digest? Digest { get; private init; }

    /// <summary>The same repository, and the digest of a manifest in the place of the tag.</summary>
    public ImageReference With(Digest digest) => this with { Tag = NoTag, Digest = digest };

    /// <summary>The tag is "latest" where none is said.</summary>
    /// <exception cref="RefusedException">It is no name for an image.</exception>
    public static ImageReference Parse(string text, int exitCode = 1) =>
        TryParse(text) ?? throw new RefusedException($"{Refusal(text)}: \"{text}\". A name is lower case, as in web, web:1 or registry.example.org/web:1.", exitCode);

    /// <summary>Why it is no name, in docker's words.</summary>
    public static string Refusal(string text)
    {
        var registry = text.IndexOf('/') is var slash and > 0 && text[..slash] is var first && (first.AsSpan().ContainsAny('.', ':') || first == "localhost") ? slash + 1 : 0;
        return "invalid reference format" + (text[registry..].Split(':')[0].Any(char.IsUpper) ? ": repository name must be lowercase" : "");
    }

    public static ImageReference? TryParse(string text)
    {
        var match = Form().Match(text);
        return match.Success ? new(Familiar(match.Groups["repository"].Value), match.Groups["tag"] is { Success: true, Value: var tag } ? tag : DefaultTag) : null;
    }

    /// <summary>As <see cref="TryParse"/>, or with a digest: for images that are looked for, not for names that are given. A tag beside the digest means nothing.</summary>
    public static ImageReference? TryParsePinned(string text)
    {
        var at = text.IndexOf('@');
        if (at < 0) return TryParse(text);
        return TryParse(text[..at]) is { } name && Image.Digest.TryParse(text[(at + 1)..]) is { } digest ? name.With(digest) : null;
    }

    // As docker shows them: what other tools write in full, docker.io/library/web, is web.
    private static string Familiar(string repository)
    {
        foreach (var registry in new[] { "docker.io/", "index.docker.io/" })
        {
            if (!repository.StartsWith(registry, StringComparison.Ordinal)) continue;
            var name = repository[registry.Length..];
            return name.StartsWith(Official, StringComparison.Ordinal) && !name[Official.Length..].Contains('/') ? name[Official.Length..] : name;
        }
        return repository;
    }

    public override string ToString() => Digest is { } digest ? $"{Repository}@{digest}" : $"{Repository}:{Tag}";

    [GeneratedRegex(@"^(?<repository>([A-Za-z0-9][A-Za-z0-9.-]*(:\d+)?/)?[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*)(:(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
