using System.Text;

namespace OverlayFuse.Image;

/// <summary>What decides whether a step of a build has been done before. Pure.</summary>
public static class CacheKey
{
    /// <param name="parent">The id of the image so far: once a step was done anew, nothing above it is found.</param>
    /// <param name="instruction">With its variables put in.</param>
    /// <param name="inputs">What else it depends on: values of build arguments, digests of what is copied.</param>
    public static Digest For(string parent, string instruction, IEnumerable<string> inputs)
    {
        // Each part behind its length: no two lists of parts make the same text.
        var text = new StringBuilder();
        foreach (var part in inputs.Prepend(instruction).Prepend(parent)) text.Append(part.Length).Append(':').Append(part);
        return Digest.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }
}
