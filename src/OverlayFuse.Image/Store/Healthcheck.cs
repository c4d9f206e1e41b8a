using System.Globalization;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace OverlayFuse.Image;

/// <summary>HEALTHCHECK, as configurations have it: for runtimes that look after containers. Times are nanoseconds.</summary>
public sealed partial class Healthcheck
{
    /// <summary>"NONE"; "CMD" and a command; "CMD-SHELL" and a line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public List<string>? Test { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Interval { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long Timeout { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long StartPeriod { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Retries { get; set; }

    /// <exception cref="RefusedException">It is none, in docker's words.</exception>
    public static Healthcheck Parse(Instruction instruction)
    {
        var parts = instruction.Text.Split((char[])[' ', '\t'], 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var check = new Healthcheck { Test = Command(parts[0].ToUpperInvariant(), parts.Length > 1 ? parts[1] : "") };
        foreach (var (name, value) in instruction.Flags)
        {
            switch (name)
            {
                case "interval": check.Interval = Duration(name, value); break;
                case "timeout": check.Timeout = Duration(name, value); break;
                case "start-period": check.StartPeriod = Duration(name, value); break;
                case "retries":
                    if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0) throw new RefusedException($"--retries must be at least 1 (not {value})");
                    check.Retries = count;
                    break;
                default: throw new RefusedException($"Unknown flag: {name}");
            }
        }
        return check;
    }

    private static List<string> Command(string kind, string rest) => kind switch
    {
        "NONE" => rest.Length == 0 ? ["NONE"] : throw new RefusedException("HEALTHCHECK NONE takes no arguments"),
        "CMD" when rest.Length == 0 => throw new RefusedException("Missing command after HEALTHCHECK CMD"),
        "CMD" => ConfigChange.JsonList(rest) is { } list ? ["CMD", .. list] : ["CMD-SHELL", rest],
        _ => throw new RefusedException($"Unknown type \"{kind}\" in HEALTHCHECK (try CMD)"),
    };

    // "1m30s", as Go has it.
    private static long Duration(string name, string text)
    {
        if (!Form().IsMatch(text)) throw new RefusedException($"--{name}={text}: give a time such as 30s or 1m30s");
        var total = 0m;
        foreach (Match part in Part().Matches(text))
        {
            var unit = part.Groups["unit"].Value switch { "ns" => 1m, "us" => 1e3m, "ms" => 1e6m, "s" => 1e9m, "m" => 60e9m, _ => 3600e9m };
            total += decimal.Parse(part.Groups["number"].Value, CultureInfo.InvariantCulture) * unit;
        }
        return total is 0 or >= 1e6m ? (long)total : throw new RefusedException($"Interval \"{name}\" cannot be less than 1ms");
    }

    [GeneratedRegex(@"^(\d{1,9}(\.\d{1,9})?(ns|us|ms|s|m|h))+$", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();

    [GeneratedRegex(@"(?<number>[\d.]+)(?<unit>ns|us|ms|s|m|h)")]
    private static partial Regex Part();
}
