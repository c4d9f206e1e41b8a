namespace OverlayFuse.Fuse;

/// <summary>Whether this process lives in the initial user namespace.</summary>
internal static class UserNamespace
{
    /// <summary>The initial namespace maps all ids onto themselves; any other maps fewer.</summary>
    public static bool IsInside
    {
        get
        {
            try
            {
                var fields = File.ReadAllText("/proc/self/uid_map").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                return fields is not ["0", "0", "4294967295"];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false; // a kernel without user namespaces, or no /proc
            }
        }
    }
}
