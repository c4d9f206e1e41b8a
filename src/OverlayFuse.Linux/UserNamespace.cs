using System.Globalization;
using System.Text;

namespace OverlayFuse.Linux;

/// <summary>The user namespace of this process (user_namespaces(7)).</summary>
public static class UserNamespace
{
    /// <summary>Whether it is not the initial one, which maps all ids onto themselves; any other maps fewer.</summary>
    public static bool IsInside => Read("/proc/self/uid_map") is { } map && map is not [(0, 0, uint.MaxValue)];

    /// <summary>The user ids that exist here, in ranges; null where the kernel has no user namespaces, or there is no /proc.</summary>
    public static List<(uint First, uint Count)>? UserIds => Inner("/proc/self/uid_map");

    /// <summary>The group ids, likewise.</summary>
    public static List<(uint First, uint Count)>? GroupIds => Inner("/proc/self/gid_map");

    /// <summary>There is one user here only, whose everything is: nothing can be given to anybody else. False where /proc does not tell.</summary>
    public static bool HasOneUser { get; } = UserIds is [{ Count: 1 }];

    private static List<(uint, uint)>? Inner(string path) => Read(path)?.ConvertAll(range => (range.Inside, range.Count));

    // Lines of "inside outside count"; the ids we see and give are those inside.
    private static List<(uint Inside, uint Outside, uint Count)>? Read(string path)
    {
        if (ProcFile.ReadAll(path, out var text) != Errno.None) return null;
        var ranges = new List<(uint, uint, uint)>();
        foreach (var line in Encoding.ASCII.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            ranges.Add((Number(words[0]), Number(words[1]), Number(words[2])));
        }
        return ranges;
    }

    private static uint Number(string text) => uint.Parse(text, CultureInfo.InvariantCulture);
}
