namespace OverlayFuse.Linux;

/// <summary>The socket types of socket(2) that pairs are made of.</summary>
public enum SocketKind
{
    Stream = 1,

    /// <summary>Whole messages, in order, with an end: like /dev/fuse, one read gives one message.</summary>
    SequencedPackets = 5,
}
