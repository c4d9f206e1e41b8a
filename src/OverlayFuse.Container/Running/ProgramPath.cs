namespace OverlayFuse.Container;

/// <summary>Programs by name: where execvp(3) would find them.</summary>
internal static class ProgramPath
{
    // Where packages put them; an ordinary user's PATH often lacks the second.
    private const string Usual = "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Null where there is none.</summary>
    public static string? Find(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:{Usual}".Split(':').Where(directory => directory.StartsWith('/')).Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
}
