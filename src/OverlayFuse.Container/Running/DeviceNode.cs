namespace OverlayFuse.Container;

/// <summary>A device of the host that a container gets.</summary>
/// <param name="Source">Its node on the host, no link.</param>
/// <param name="Path">In the container.</param>
/// <param name="Type">"c" or "b".</param>
/// <param name="Access">r, w and m.</param>
public sealed record DeviceNode(string Source, string Path, string Type, uint Major, uint Minor, uint Mode, uint Uid, uint Gid, string Access);
