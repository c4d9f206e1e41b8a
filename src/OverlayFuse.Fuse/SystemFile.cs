using System.Globalization;
using System.Text;
using OverlayFuse.Linux;

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
        var error = Syscall.Open(path, OpenFlags.WriteOnly, out var file);
        if (error == Errno.None) error = Syscall.WriteAll(file, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
        file.Close();
        return error == Errno.None;
    }
}
