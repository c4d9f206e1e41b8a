namespace OverlayFuse.Cli;

/// <summary>Two texts line by line, for people: "-" what goes, "+" what comes, with a few lines around it. Pure.</summary>
internal static class TextDifference
{
    private const int Around = 2;

    public static IEnumerable<string> Of(string before, string after)
    {
        var (old, new_) = (Lines(before), Lines(after));
        var script = Script(old, new_);
        var last = -1;
        for (var i = 0; i < script.Count; i++)
        {
            var near = script.Skip(i - Around).Take(Math.Min(i, Around) + 1 + Around).Any(line => line[0] != ' ');
            if (!near) continue;
            if (last >= 0 && last != i - 1) yield return "...";
            last = i;
            yield return script[i];
        }
    }

    // By the longest common subsequence; files of this kind have a few hundred lines.
    private static List<string> Script(string[] old, string[] new_)
    {
        var common = new int[old.Length + 1, new_.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
            for (var j = new_.Length - 1; j >= 0; j--)
                common[i, j] = old[i] == new_[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);

        var script = new List<string>();
        for (int i = 0, j = 0; i < old.Length || j < new_.Length;)
        {
            if (i < old.Length && j < new_.Length && old[i] == new_[j])
            {
                script.Add(" " + old[i++]);
                j++;
            }
            else if (i < old.Length && (j == new_.Length || common[i + 1, j] >= common[i, j + 1])) script.Add("-" + old[i++]);
            else script.Add("+" + new_[j++]);
        }
        return script;
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');
}
