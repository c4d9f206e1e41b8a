using NUnit.Framework;

namespace OverlayFuse.Union.Tests;

/// <summary>Files of the repository that are written by tests, never by hand: a test compares them, OVERLAYFUSE_WRITE=1 writes them anew.</summary>
internal static class Generated
{
    /// <param name="path">From the root of the repository.</param>
    /// <param name="text">What the file is to hold, given what it holds.</param>
    public static void Check(string path, Func<string, string> text)
    {
        var full = Path.Combine(Root(), path);
        var now = File.Exists(full) ? File.ReadAllText(full) : "";
        if (Environment.GetEnvironmentVariable("OVERLAYFUSE_WRITE") == "1") File.WriteAllText(full, text(now));
        else Assert.That(now, Is.EqualTo(text(now)), $"OVERLAYFUSE_WRITE=1 writes {path} anew");
    }

    /// <summary>The root of the repository.</summary>
    public static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "OverlayFuse.sln"))) return folder.FullName;
        }
        throw new FileNotFoundException("OverlayFuse.sln is in no folder above the tests");
    }
}
