using System.Diagnostics;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>A directory of its own for one test, on a disk file system: an upper, a work directory and more, gone afterwards.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly List<DirFd> _opened = [];

    public Scratch(string above = "/var/tmp")
    {
        Path = Directory.CreateDirectory($"{above}/overlayfuse-test-{Guid.NewGuid():n}").FullName;
        Upper = Make("upper");
        Work = Make("work");
    }

    public string Path { get; }

    public DirFd Upper { get; }

    public DirFd Work { get; }

    public static bool IsRoot => Environment.UserName == "root";

    /// <summary>Makes and opens a directory.</summary>
    public DirFd Make(string name)
    {
        Directory.CreateDirectory($"{Path}/{name}");
        return OpenDirectory(name);
    }

    public DirFd OpenDirectory(string name)
    {
        var error = Syscall.Open($"{Path}/{name}", OpenFlags.ReadOnly | OpenFlags.Directory, out var fd);
        if (error != Errno.None) throw new IOException($"{name}: {error}");
        _opened.Add(new DirFd(fd.Number));
        return _opened[^1];
    }

    public WorkDirectory OpenWork(MarkFamily family = MarkFamily.User, Durability durability = Durability.Ordered, Action<string>? onWait = null) =>
        WorkDirectory.Open(Upper, Work, Encoding.UTF8.GetBytes($"{Path}/work"), family, durability, onWait);

    /// <summary>Runs a shell script in this directory.</summary>
    public (int Code, string Output) Run(string script)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec 2>&1\n{script}"]) { WorkingDirectory = Path, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.Trim());
    }

    /// <summary>Runs a script that must succeed and gives what it printed.</summary>
    public string Shell(string script)
    {
        var (code, output) = Run($"set -e\n{script}");
        return code == 0 ? output : throw new InvalidOperationException($"{script}\nexit {code}: {output}");
    }

    public void Dispose()
    {
        foreach (var directory in _opened) directory.Close();
        if (Deletion.Delete(Path) != Errno.None) Run($"chmod -R u+rwx . ; rm -rf {Path}");
    }

    /// <summary>Descriptors of this process on what lies below a directory; those of the rest of the process come and go.</summary>
    public static int DescriptorsBelow(string directory) =>
        Directory.GetFileSystemEntries("/proc/self/fd").Count(fd => new FileInfo(fd).LinkTarget?.StartsWith(directory, StringComparison.Ordinal) == true);
}
