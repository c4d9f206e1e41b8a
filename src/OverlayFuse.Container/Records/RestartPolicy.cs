using System.Globalization;
using System.Text.Json.Serialization;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>--restart: when the program of a container is started again. By its supervisor: what ends that, as a machine that stops, ends it too.</summary>
/// <param name="Name">"no", "always", "unless-stopped" or "on-failure".</param>
/// <param name="MaximumRetryCount">How often, of "on-failure"; 0: without end.</param>
public sealed record RestartPolicy(string Name, int MaximumRetryCount)
{
    private const int Refused = 125;
    private const string OnFailure = "on-failure";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongRun = TimeSpan.FromSeconds(10);

    public static readonly RestartPolicy No = new("no", 0);

    [JsonIgnore]
    public bool IsNo => this == No;

    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static RestartPolicy Parse(string? text)
    {
        if (text is null or "" or "no") return No;
        var parts = text.Split(':');
        if (parts.Length > 2) throw new RefusedException("invalid restart policy format.", Refused);
        var count = 0;
        if (parts is [_, var most] && !int.TryParse(most, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out count))
            throw new RefusedException("maximum retry count must be an integer.", Refused);
        if (parts[0] is not ("no" or "always" or "unless-stopped" or OnFailure)) throw new RefusedException($"invalid restart policy '{parts[0]}'.");
        if (parts[0] != OnFailure && count != 0) throw new RefusedException($"maximum retry count cannot be used with restart policy '{parts[0]}'.");
        return count >= 0 ? new RestartPolicy(parts[0], count) : throw new RefusedException("maximum retry count cannot be negative.");
    }

    /// <summary>Whether a program that ended by itself begins again.</summary>
    /// <param name="restarts">How often it has.</param>
    public bool StartsAgain(int exitCode, int restarts) => Name switch
    {
        "no" => false,
        OnFailure => exitCode != 0 && (MaximumRetryCount == 0 || restarts < MaximumRetryCount),
        _ => true,
    };

    /// <summary>How long it waits for that: twice as long each time, until it has run for a while.</summary>
    /// <param name="before">What it waited the last time; zero: it has not.</param>
    /// <remarks>moby, restartmanager.</remarks>
    public static TimeSpan Pause(TimeSpan before, TimeSpan ran) =>
        before == TimeSpan.Zero || ran >= LongRun ? FirstPause : before * 2 < LongestPause ? before * 2 : LongestPause;
}
