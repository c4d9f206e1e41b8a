using System.Globalization;

namespace OverlayFuse.Container;

/// <summary>Which user ids there are where we run.</summary>
public static class UserIds
{
    /// <summary>Whether more than one is mapped: terminals and daemons in containers want several.</summary>
    public static bool HasMany()
    {
        try
        {
            return File.ReadLines("/proc/self/uid_map").Sum(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], CultureInfo.InvariantCulture)) > 1;
        }
        catch (IOException)
        {
            return true; // no /proc
        }
    }
}
