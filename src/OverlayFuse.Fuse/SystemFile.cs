using System.Globalization;

namespace OverlayFuse.Fuse;

/// <summary>The files of /sys through which settings are made.</summary>
internal static class SystemFile
{
    public static bool TryWrite(string path, int value)
    {
        try
        {
            File.WriteAllText(path, value.ToString(CultureInfo.InvariantCulture));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
