using System.Text.RegularExpressions;
using System.Xml.Linq;
using NUnit.Framework;

namespace OverlayFuse.Cli.Tests;

/// <summary>The rules of the house, read from the sources: which room may know which, and what stays in which.</summary>
public sealed partial class HouseTests
{
    private const int LongestFile = 400;
    private const int LongestLine = 200;

    // Bottom first: a room may know those before it.
    private static readonly string[] Rooms =
        ["OverlayFuse.Linux", "OverlayFuse.Fuse", "OverlayFuse.Union", "OverlayFuse.Image", "OverlayFuse.Container", "OverlayFuse.Cli"];

    private static readonly string[] Folders = ["src", "tests", "bench", "samples"];

    private static IEnumerable<string> ProjectFiles => Repository.Files("src", ".csproj");

    [Test]
    public void References_between_rooms_point_downward_only()
    {
        foreach (var project in ProjectFiles)
        {
            var room = Array.IndexOf(Rooms, Path.GetFileNameWithoutExtension(project));
            Assert.That(room, Is.Not.Negative, $"{project} is none of the rooms");
            foreach (var reference in References(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension))
                Assert.That(Array.IndexOf(Rooms, reference), Is.InRange(0, room - 1), $"{project} must not reference {reference}");
        }
    }

    [Test]
    public void The_lower_rooms_need_no_package()
    {
        foreach (var project in ProjectFiles.Where(path => Path.GetFileNameWithoutExtension(path) is "OverlayFuse.Linux" or "OverlayFuse.Fuse" or "OverlayFuse.Union"))
            Assert.That(References(project, "PackageReference"), Is.Empty, project);
    }

    [Test]
    public void Native_code_is_called_from_the_room_Linux_only()
    {
        string[] shipped = ["src", "samples"]; // tests and benchmarks may look at the system in ways the product has no need for
        var callers = shipped.SelectMany(folder => Repository.Files(folder, ".cs"))
            .Where(path => !path.StartsWith("src/OverlayFuse.Linux/", StringComparison.Ordinal))
            .Where(path => NativeCall().IsMatch(Repository.Read(path)));
        Assert.That(callers, Is.Empty);
    }

    [Test]
    public void Unsafe_code_is_in_the_rooms_Linux_and_Fuse_only()
    {
        string[] free = ["src/OverlayFuse.Linux/", "src/OverlayFuse.Fuse/"];
        var files = Repository.Files("src", ".cs", ".csproj").Concat(Repository.Files("samples", ".cs", ".csproj"))
            .Where(path => !free.Any(room => path.StartsWith(room, StringComparison.Ordinal)))
            .Where(path => UnsafeCode().IsMatch(Repository.Read(path)));
        Assert.That(files, Is.Empty);
    }

    [Test]
    public void No_file_is_longer_than_400_lines()
    {
        var files = Folders.SelectMany(folder => Repository.Files(folder, ".cs", ".sh"))
            .Select(path => (Path: path, Lines: File.ReadLines(Path.Combine(Repository.Root, path)).Count()))
            .Where(file => file.Lines > LongestFile)
            .Select(file => $"{file.Path}: {file.Lines} lines");
        Assert.That(files, Is.Empty);
    }

    // A pattern of regular expressions has no place to be broken at.
    [Test]
    public void No_line_of_the_product_is_longer_than_200_letters()
    {
        var lines = from file in Repository.Files("src", ".cs")
                    from line in Repository.Read(file).Split('\n')
                    where line.Length > LongestLine && !line.TrimStart().StartsWith("[GeneratedRegex(", StringComparison.Ordinal)
                    select $"{file}: {line.Trim()}";
        Assert.That(lines, Is.Empty);
    }

    [Test]
    public void Sources_are_written_in_ASCII()
    {
        var files = Repository.Files("src", ".cs", ".csproj", ".sh", ".1").Where(path => Repository.Read(path).Any(letter => letter > '~'));
        Assert.That(files, Is.Empty);
    }

    [Test]
    public void Every_project_folder_has_a_README()
    {
        var folders = ProjectFiles.Concat(Repository.Files("samples", ".csproj")).Select(path => Path.GetDirectoryName(path)!).Append("tests");
        Assert.That(folders.Where(folder => !File.Exists(Path.Combine(Repository.Root, folder, "README.md"))), Is.Empty);
    }

    [Test]
    public void The_map_of_a_room_names_files_that_are_there()
    {
        var strangers = from room in Rooms
                        from name in MapOf(room)
                        where TypeName().IsMatch(name) && !FilesOf(room).Any(file => NameOf(file) == name)
                        select $"{room}: {name}";
        Assert.That(strangers, Is.Empty);
    }

    // The maps of the lower rooms name some families of files by one of them.
    [Test]
    public void The_map_of_an_upper_room_names_every_file_or_its_folder([Values("OverlayFuse.Image", "OverlayFuse.Container", "OverlayFuse.Cli")] string room)
    {
        var names = MapOf(room).ToHashSet();
        var missing = FilesOf(room).Where(file => !names.Contains(NameOf(file)) && !names.Contains(Path.GetFileName(Path.GetDirectoryName(file)) + "/"));
        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void The_top_folder_holds_nothing_but_what_belongs_there()
    {
        string[] allowed = [.. Folders, "artifacts", "OverlayFuse.sln", "README.md", "LICENSE"];
        var names = Directory.EnumerateFileSystemEntries(Repository.Root).Select(path => Path.GetFileName(path)!);
        var strangers = names.Where(name => name[0] != '.' && !name.EndsWith(".props", StringComparison.Ordinal) && !allowed.Contains(name));
        Assert.That(strangers, Is.Empty);
    }

    [Test]
    public void Every_project_is_in_the_solution()
    {
        var solution = Repository.Read("OverlayFuse.sln").Replace('\\', '/');
        var missing = Folders.SelectMany(folder => Repository.Files(folder, ".csproj")).Where(path => !solution.Contains(path, StringComparison.Ordinal));
        Assert.That(missing, Is.Empty);
    }

    private static IEnumerable<string> FilesOf(string room) => Repository.Files($"src/{room}", ".cs");

    /// <summary>Up to the first dot: a partial class in several files is one name.</summary>
    private static string NameOf(string file) => Path.GetFileName(file).Split('.')[0];

    /// <summary>What stands between backticks in the first section of a room's README; of "Folder/Name.cs" the name, of "Folder/" all.</summary>
    private static IEnumerable<string> MapOf(string room)
    {
        var map = Repository.Read($"src/{room}/README.md").Split("\n## ")[1];
        foreach (var word in Quoted().Matches(map).Select(match => match.Groups[1].Value))
            yield return word.EndsWith('/') ? word : Path.GetFileName(word).Replace(".cs", "", StringComparison.Ordinal);
    }

    private static IEnumerable<string> References(string project, string kind) =>
        XDocument.Parse(Repository.Read(project)).Descendants(kind).Select(reference => reference.Attribute("Include")!.Value.Replace('\\', '/'));

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("^[A-Z][A-Za-z0-9]+$")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\b(DllImport|LibraryImport|NativeLibrary|GetDelegateForFunctionPointer)\b|delegate\*")]
    private static partial Regex NativeCall();

    [GeneratedRegex(@"^[^/\n]*\bunsafe\b|<AllowUnsafeBlocks>", RegexOptions.Multiline)]
    private static partial Regex UnsafeCode();
}
