using System.Globalization;

namespace OverlayFuse.Cli;

/// <summary>Times as docker's JSON has them.</summary>
internal static class GoTime
{
    public const string Never = "0001-01-01T00:00:00Z";

    /// <summary>As lists have them: Go's time.Time.String, in UTC.</summary>
    public static string OfList(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss '+0000 UTC'", CultureInfo.InvariantCulture);

    /// <summary>As templates have a time that is a text in JSON.</summary>
    public static string OfTemplate(string json) =>
        DateTimeOffset.TryParse(json, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF '+0000 UTC'", CultureInfo.InvariantCulture)
            : json;

    /// <summary>RFC 3339, without fractions.</summary>
    public static string Seconds(DateTimeOffset? time) => time is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : Never;

    public static string Text(DateTimeOffset? time) => time is { } known ? known.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture) : Never;
}
