using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The streams of whoever looks on; closed descriptors for a container in the background.</summary>
public sealed record Attachment(Fd Input, Fd Output, Fd Error)
{
    public static readonly Attachment Own = new(new Fd(0), new Fd(1), new Fd(2));
    public static readonly Attachment None = new(Fd.None, Fd.None, Fd.None);

    /// <summary>Called when output could not be written to whoever looks on: he is gone.</summary>
    public Action? Left { get; init; }

    /// <summary>Typed at a terminal, they end this and not the program.</summary>
    public DetachKeys Keys { get; init; } = DetachKeys.Parse(null);

    /// <summary>Called when they were typed.</summary>
    public Action? Detached { get; init; }
}
