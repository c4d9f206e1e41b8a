using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>An object of a random layer; <see cref="LayerStack"/> says which of them fit together.</summary>
/// <param name="Target">Of a link: where it leads; of what was moved: where it came from, a path in the layers below.</param>
internal sealed record LayerItem(string Path, LayerKind Kind, string Content = "", string Attributes = "", string Target = "")
{
    /// <summary>The owner that objects have by themselves, but in a directory with setgid.</summary>
    public static string OwnOwner => $"owner={Syscall.GetEUid()}:{Syscall.GetEGid()}";

    public bool IsDirectory => Kind is LayerKind.Directory or LayerKind.Opaque or LayerKind.OciOpaque or LayerKind.FuseOpaque || (Kind == LayerKind.Moved && Content.Length == 0);

    public bool IsWhiteout => Kind is LayerKind.Whiteout or LayerKind.MarkedWhiteout or LayerKind.OciWhiteout;

    /// <summary>The item in the language of the cases.</summary>
    public string Text => $"{Path}{(IsDirectory ? "/" : "")} {What} {Attributes}".Replace("  ", " ", StringComparison.Ordinal).TrimEnd();

    private string What => Kind switch
    {
        LayerKind.File => $"= {Content}",
        LayerKind.Symlink => $"-> \"{Target}\"",
        LayerKind.Fifo => "fifo",
        LayerKind.Socket => "socket",
        LayerKind.Device => "device(240:7)",
        LayerKind.Directory => "",
        LayerKind.Opaque => "opaque",
        LayerKind.OciOpaque => "oci-opaque",
        LayerKind.FuseOpaque => "opaque=fuse",
        LayerKind.HardLink => $"is {Target}",
        LayerKind.Whiteout => "whiteout",
        LayerKind.MarkedWhiteout => "marked-whiteout",
        LayerKind.OciWhiteout => "oci-whiteout",
        LayerKind.Metacopy => $"metacopy({Size})",
        LayerKind.Moved when IsDirectory => $"redirect=\"/{Target}\"",
        _ => $"metacopy({Size}) redirect=\"/{Target}\"",
    };

    private int Size => LayerText.Content([Content]).Length;

    public bool IsAt(string top) => Path == top || IsBelow(Path, top);

    public static bool IsBelow(string path, string top) => path.StartsWith($"{top}/", StringComparison.Ordinal);

    /// <summary>The directories on the way to a path, from the top.</summary>
    public static IEnumerable<string> Above(string path)
    {
        for (var slash = path.IndexOf('/'); slash > 0; slash = path.IndexOf('/', slash + 1)) yield return path[..slash];
    }
}
