using System.CommandLine;

namespace OverlayFuse.Cli;

/// <summary>"overlayfuse image VERB": the same verbs under the noun.</summary>
internal static class ImageVerbs
{
    public static Command Create() => new("image", "Manage images.")
    {
        BuildVerb.Create(),
        ImportVerb.Create(),
        LoadVerb.Create(),
        SaveVerb.Create(),
        PullVerb.Create(),
        PushVerb.Create(),
        HistoryVerb.Create(),
        TagVerb.Create(),
        ImagesVerb.Create("ls", "list"),
        RemoveImageVerb.Create("rm"),
        PruneImagesVerb.Create(),
        InspectVerb.Create("image"),
    };
}
