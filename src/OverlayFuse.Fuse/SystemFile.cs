using System.Globalization;

namespace OverlayFuse.Fuse;

/// <summary>The files of /sys through which settings are made.</summary>
internal static class SystemFile
{
    public static bool TryRead(string path, out string content)
    {
        try
        {
            content = File.ReadAllText(path);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            content = "";
            return false;
        }
    }

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
