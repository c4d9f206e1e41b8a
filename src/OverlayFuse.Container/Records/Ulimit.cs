using System.Globalization;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>--ulimit: a limit of getrlimit(2), with docker's name for it; -1 is no limit.</summary>
public sealed record Ulimit(string Name, long Hard, long Soft)
{
    private const long Unlimited = -1;

    private static readonly string[] Names =
        ["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"];

    /// <summary>"NAME=SOFT[:HARD]".</summary>
    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static Ulimit Parse(string text)
    {
        if (text.Split('=', 2) is not [var name, var limits]) throw Invalid(text, $"invalid ulimit argument: {text}");
        if (!Names.Contains(name)) throw Invalid(text, $"invalid ulimit type: {name}");
        var numbers = limits.Split(':');
        if (numbers.Length > 2) throw Invalid(text, $"too many limit value arguments - {limits}, can only have up to two, `soft[:hard]`");
        var (soft, hard) = (Number(text, numbers[0]), Number(text, numbers[^1]));
        if (hard != Unlimited && (soft == Unlimited || soft > hard))
            throw Invalid(text, "ulimit soft limit must be less than or equal to hard limit: " +
                string.Create(CultureInfo.InvariantCulture, $"{(soft == Unlimited ? $"soft: -1 (unlimited), hard: {hard}" : $"{soft} > {hard}")}"));
        return new Ulimit(name, hard, soft);
    }

    private static long Number(string text, string number) =>
        long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= Unlimited ? value : throw Invalid(text, $"invalid limit: {number}");

    private static RefusedException Invalid(string text, string why) => new($"invalid argument \"{text}\" for \"--ulimit\" flag: {why}", 125);
}
