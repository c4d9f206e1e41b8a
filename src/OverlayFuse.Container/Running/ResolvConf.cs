namespace OverlayFuse.Container;

/// <summary>resolv.conf(5) of a container: the host's, or the network's, as far as --dns, --dns-search and --dns-option do not say otherwise. Pure.</summary>
internal static class ResolvConf
{
    public static string Text(ContainerRecord record, string given)
    {
        if (record is { Dns: null, DnsSearch: null, DnsOptions: null }) return given;
        var lines = given.Split('\n').Select(line => line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length > 1).ToList();
        IEnumerable<string> Known(string keyword) => lines.Where(words => words[0] == keyword).SelectMany(words => words.Skip(1));
        var search = (record.DnsSearch ?? [.. Known("search")]).Where(domain => domain != ".").ToList();
        var options = record.DnsOptions ?? [.. Known("options")];
        var text = search.Count > 0 ? $"search {string.Join(' ', search)}\n" : "";
        foreach (var server in record.Dns ?? [.. Known("nameserver")]) text += $"nameserver {server}\n";
        return options.Count > 0 ? $"{text}options {string.Join(' ', options)}\n" : text;
    }
}
