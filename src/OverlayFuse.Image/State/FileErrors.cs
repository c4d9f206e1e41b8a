using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>What the system said, of the runtime's exceptions about files: their own words are not in the executable.</summary>
public static class FileErrors
{
    /// <summary>As in "permission denied (EACCES)".</summary>
    public static string Reason(Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => Errno.NOENT.Describe(),
        PathTooLongException => Errno.NAMETOOLONG.Describe(),
        UnauthorizedAccessException { InnerException: IOException inner } => Reason(inner),
        UnauthorizedAccessException => Errno.ACCES.Describe(),
        { HResult: > 0 and < 134 } => ((Errno)error.HResult).Describe(), // .NET keeps the number of the error there
        _ => "it cannot be read or written",
    };

    /// <summary>The path that it was about, or nothing: the runtime puts it behind its words, or between quotes in them.</summary>
    public static string PathOf(Exception error) => error.Message.IndexOf('/') is var start and >= 0 ? error.Message[start..].Split('\'')[0] : "";
}
