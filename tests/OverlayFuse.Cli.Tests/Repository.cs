namespace OverlayFuse.Cli.Tests;

/// <summary>Where the sources lie, found by walking up from the test's own directory.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Source files of ours below a folder, build outputs left out; paths relative to the root.</summary>
    public static IEnumerable<string> Files(string folder, params string[] extensions)
    {
        var start = Path.Combine(Root, folder);
        if (!Directory.Exists(start)) return [];
        return Directory.EnumerateFiles(start, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj" or "artifacts"))
            .Where(path => extensions.Contains(Path.GetExtension(path)));
    }

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OverlayFuse.sln"))) return folder.FullName;
        }
        throw new InvalidOperationException("OverlayFuse.sln is in no folder above the tests.");
    }
}
