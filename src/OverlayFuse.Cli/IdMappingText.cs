using System.Globalization;
using System.Text.RegularExpressions;
using OverlayFuse.Fuse;
using OverlayFuse.Union;

namespace OverlayFuse.Cli;

/// <summary>
/// The value of uidmapping= and gidmapping=: STORED:SHOWN:COUNT, more of them behind further colons or commas, and one colon in front where container
/// tools write it.
/// </summary>
internal static partial class IdMappingText
{
    /// <summary>Ranges behind a comma, which for the option list is an element of its own: uidmapping=0:1:1,1:100000:65536, as fuse-overlayfs(1) writes it.</summary>
    public static bool IsContinued(OptionElement element) => element.RawValue is null && Ranges().IsMatch(element.Name);

    /// <exception cref="MountException">It is no such text, or ids run over.</exception>
    public static List<IdRange> Read(OptionElement element, byte[] value)
    {
        var text = ByteText.Show(OptionText.Unescape(value));
        var ranges = new List<IdRange>();
        foreach (var list in (text.StartsWith(':') ? text[1..] : text).Split(',')) ReadList(element, list.Split(':'), ranges);
        return ranges;
    }

    private static void ReadList(OptionElement element, string[] words, List<IdRange> ranges)
    {
        if (words.Length % 3 != 0) throw Bad(element, "is not a list of STORED:SHOWN:COUNT");
        for (var i = 0; i < words.Length; i += 3)
        {
            if (!TryNumber(words[i], out var stored) || !TryNumber(words[i + 1], out var shown) || !TryNumber(words[i + 2], out var count))
                throw Bad(element, $"needs three numbers from 0 to 4294967295 in {words[i]}:{words[i + 1]}:{words[i + 2]}");
            if (count == 0 || count > uint.MaxValue - Math.Max(stored, shown)) throw Bad(element, $"maps no ids, or ids above 4294967294, by {words[i]}:{words[i + 1]}:{words[i + 2]}");
            ranges.Add(new IdRange(stored, shown, count));
        }
    }

    public static uint ReadId(OptionElement element, byte[] value) =>
        TryNumber(ByteText.Show(value), out var id) && id != uint.MaxValue ? id : throw Bad(element, "is not an id, a number from 0 to 4294967294");

    private static bool TryNumber(string word, out uint number) => uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static MountException Bad(OptionElement element, string why) => new($"option \"{element}\" {why}.");

    [GeneratedRegex("^[0-9]+:[0-9]+:[0-9]+(:[0-9]+)*$")]
    private static partial Regex Ranges();
}
