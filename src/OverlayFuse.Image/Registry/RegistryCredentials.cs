using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>Who we are to registries: the "auths" of docker's config.json. Everything else in the file stays as it is.</summary>
public sealed class RegistryCredentials(string path)
{
    private const string DockersKey = "https://index.docker.io/v1/";

    /// <summary>$DOCKER_CONFIG/config.json, or ~/.docker/config.json.</summary>
    public static RegistryCredentials OfUser() => new(Path.Combine(
        Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } chosen ? chosen : Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/root", ".docker"), "config.json"));

    /// <summary>"user:password"; null where there is none.</summary>
    public string? Find(string host)
    {
        if (Read()["auths"] is not JsonObject auths || auths[KeyOf(host)] is not JsonObject entry || (string?)entry["auth"] is not { Length: > 0 } packed) return null;
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(packed));
        }
        catch (FormatException)
        {
            throw new RefusedException($"{path} is damaged: what it has for {host} is not valid base64. Log in again.");
        }
    }

    public void Put(string host, string userAndPassword)
    {
        var document = Read();
        if (document["auths"] is not JsonObject auths) document["auths"] = auths = [];
        auths[KeyOf(host)] = new JsonObject { ["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(userAndPassword)) };
        Write(document);
    }

    /// <summary>False: there was none.</summary>
    public bool Remove(string host)
    {
        var document = Read();
        if (document["auths"] is not JsonObject auths || !auths.Remove(KeyOf(host))) return false;
        Write(document);
        return true;
    }

    private static string KeyOf(string host) => host == "docker.io" ? DockersKey : host;

    private JsonObject Read()
    {
        if (AtomicFile.Read(path) is not { } text) return [];
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            throw new RefusedException($"{path} is damaged: it is not valid JSON.");
        }
    }

    private void Write(JsonObject document)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Indented = true })) document.WriteTo(writer);
        AtomicFile.Write(path, text.ToArray(), Mode.OwnerReadWrite);
    }
}
