namespace OverlayFuse.Fuse;

/// <summary>A mount that could not be made. The message is a sentence for people: what was tried, on which path, what the system said, what to do.</summary>
public sealed class MountException(string message) : Exception(message);
