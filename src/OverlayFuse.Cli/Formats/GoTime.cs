using System.Globalization;

namespace OverlayFuse.Cli;

/// <summary>Times as docker's JSON has them.</summary>
internal static class GoTime
{
    public const string Never = "0001-01-01T00:00:00Z";

    public static string Text(DateTimeOffset? time) => time is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture) : Never;
}
