using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>The streams of whoever looks on; closed descriptors for a container in the background.</summary>
public sealed record Attachment(Fd Input, Fd Output, Fd Error)
{
    public static readonly Attachment Own = new(new Fd(0), new Fd(1), new Fd(2));
    public static readonly Attachment None = new(Fd.None, Fd.None, Fd.None);

    /// <summary>Called when output could not be written to whoever looks on: he is gone.</summary>
    public Action? Left { get; init; }

    /// <summary>Whether he is there yet.</summary>
    public Func<bool> IsThere { get; init; } = () => true;

    /// <summary>Typed at a terminal, they end this and not the program.</summary>
    public DetachKeys Keys { get; init; } = DetachKeys.Parse(null);

    /// <summary>Called when they were typed.</summary>
    public Action? Detached { get; init; }

    /// <summary>Waits for what he types.</summary>
    /// <returns>How many bytes came; 0 at the end, and when he has gone: what is typed then is for others.</returns>
    internal int ReadNext(Span<byte> buffer) =>
        Syscall.Poll(Input, PollEvents.In, -1, out _) == Errno.None && IsThere() && Syscall.ReadNext(Input, buffer, out var count) == Errno.None ? count : 0;
}
