namespace OverlayFuse.Image;

/// <summary>What a registry wants before it answers: the WWW-Authenticate of its 401. Pure.</summary>
/// <param name="Scheme">"Bearer" or "Basic".</param>
public sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>Null for what cannot be read.</summary>
    public static Challenge? TryParse(string header)
    {
        var space = header.IndexOf(' ');
        if (space < 0) return null;
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var at = space + 1; at < header.Length;)
        {
            var equals = header.IndexOf('=', at);
            if (equals < 0) return null;
            var name = header[at..equals].Trim(' ', ',');
            int end;
            if (equals + 1 < header.Length && header[equals + 1] == '"')
            {
                end = header.IndexOf('"', equals + 2);
                if (end < 0) return null;
                parameters[name] = header[(equals + 2)..end];
                end++;
            }
            else
            {
                end = header.IndexOf(',', equals) is >= 0 and var comma ? comma : header.Length;
                parameters[name] = header[(equals + 1)..end].Trim();
            }
            at = end + 1;
        }
        return new Challenge(header[..space], parameters);
    }

    /// <summary>Where a token is to be had; null when nothing says where.</summary>
    public string? TokenAddress()
    {
        if (!Parameters.TryGetValue("realm", out var realm)) return null;
        var query = string.Join('&', new[] { "service", "scope" }.Where(Parameters.ContainsKey).Select(name => $"{name}={Uri.EscapeDataString(Parameters[name])}"));
        return query.Length == 0 ? realm : $"{realm}{(realm.Contains('?') ? '&' : '?')}{query}";
    }
}
