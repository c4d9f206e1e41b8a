using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace OverlayFuse.Container;

/// <summary>Names of containers: those that are allowed, and one for who gave none.</summary>
public static partial class ContainerNames
{
    private static readonly string[] Moods = ["amber", "brave", "calm", "clever", "eager", "fair", "gentle", "happy", "keen", "lively", "mellow", "nimble", "proud",
        "quiet", "rapid", "sharp", "steady", "sunny", "vivid", "wise"];
    private static readonly string[] Beings = ["badger", "beaver", "crane", "falcon", "fox", "hare", "heron", "ibex", "jay", "lark", "lynx", "marten", "otter", "owl",
        "plover", "raven", "robin", "seal", "stork", "wren"];

    public static bool IsValid(string name) => Form().IsMatch(name);

    public static string New(Func<string, bool> isTaken)
    {
        for (var number = 0; ; number++)
        {
            var name = $"{RandomNumberGenerator.GetItems<string>(Moods, 1)[0]}_{RandomNumberGenerator.GetItems<string>(Beings, 1)[0]}{(number < 10 ? "" : number)}";
            if (!isTaken(name)) return name;
        }
    }

    [GeneratedRegex(@"^[a-zA-Z0-9][a-zA-Z0-9_.-]+\z")]
    private static partial Regex Form();
}
