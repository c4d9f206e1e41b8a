using System.Globalization;

namespace OverlayFuse.Fuse;

/// <summary>The kernel's switch for one connection: /sys/fs/fuse/connections, open to whoever mounted it.</summary>
public static class ConnectionControl
{
    /// <summary>Ends a connection at once: every request under way fails. Best effort: false where the switch is not there.</summary>
    public static bool TryAbort(uint deviceMinor) =>
        SystemFile.TryWrite(string.Create(CultureInfo.InvariantCulture, $"/sys/fs/fuse/connections/{deviceMinor}/abort"), 1);
}
