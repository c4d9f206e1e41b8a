using System.Diagnostics;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// A union of three lower layers and an upper in a directory of its own, mounted by the published executable, as ourselves or as another
/// user, or by kernel overlayfs. Whatever a test does, nothing is left mounted.
/// </summary>
internal sealed class UnionMount : IDisposable
{
    private const int Seconds = 30;
    private readonly string _options;
    private readonly bool _isKernel;
    private readonly string? _user;
    private string? _lowersBefore;

    public UnionMount(string options, bool isKernel = false, string? user = null)
    {
        (_options, _isKernel, _user) = (options, isKernel, user);
        Home = Directory.CreateTempSubdirectory("of-union-").FullName;
        Run("mkdir l1 l2 l3 u w m");
        if (user is not null) Run($"chmod 755 . && chown -R {user}: .");
    }

    public string Home { get; }

    public string Merged => Home + "/m";

    /// <summary>The mount's root, to name things relative to; none where the mount is another user's, who alone may enter.</summary>
    public DirFd Root { get; private set; } = DirFd.None;

    public UnionMount Mount()
    {
        _lowersBefore ??= Lowers();
        var layers = $"lowerdir={Home}/l1:{Home}/l2:{Home}/l3,upperdir={Home}/u,workdir={Home}/w";
        Run(_isKernel
            ? $"mount -t overlay overlay -o {layers},index=on,metacopy=off,redirect_dir=on,xino=on m"
            : $"{(_user is null ? "" : $"runuser -u {_user} -- ")}{Executable} mount -o {layers}{(_options.Length > 0 ? "," + _options : "")} m");
        if (_user is not null) return this;
        Assert.That(Syscall.Open(Merged, OpenFlags.ReadOnly | OpenFlags.Directory, out var root), Is.EqualTo(Errno.None));
        Root = new DirFd(root.Number);
        return this;
    }

    public void Unmount()
    {
        Root.Close();
        Root = DirFd.None;
        Run("umount m");
    }

    public void Remount()
    {
        Unmount();
        Mount();
    }

    /// <summary>Runs a shell script in the home directory.</summary>
    public string Run(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/bash", ["-c", script])
        {
            WorkingDirectory = Home,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(Seconds)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"not done after {Seconds} seconds: {script}");
        }
        var text = (output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult()).Trim();
        Assert.That(process.ExitCode, Is.Zero, $"{script}\n{text}");
        return text;
    }

    /// <summary>No byte and no attribute of a lower layer may ever change, whatever was done.</summary>
    public void AssertLowersUnchanged() => Assert.That(Lowers(), Is.EqualTo(_lowersBefore), "a lower layer was changed");

    public void Dispose()
    {
        Root.Close();
        // From the list of mounts: one of another user cannot be looked at.
        var device = Run("awk -v m=$PWD/m '$5 == m { print $3 }' /proc/self/mountinfo");
        if (device.Length > 0)
        {
            try
            {
                Run("timeout 10 umount m");
            }
            catch (AssertionException)
            {
                if (!_isKernel) Run($"echo 1 > /sys/fs/fuse/connections/{device.Split(':')[1]}/abort; umount -l m");
                else Run("umount -l m");
            }
        }
        Run($"rm -rf --one-file-system {Home}");
    }

    private static string Executable => Environment.GetEnvironmentVariable("OVERLAYFUSE") is { Length: > 0 } given ? given : Published();

    private static string Published()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var path = Path.Combine(at.FullName, "artifacts", "overlayfuse");
            if (File.Exists(path)) return path;
        }
        throw new FileNotFoundException("no artifacts/overlayfuse: run src/publish.sh first");
    }

    private string Lowers() =>
        Run("find l1 l2 l3 -printf '%p %y %m %U %G %s %n %T@ %C@ %l\\n' | sort; find l1 l2 l3 -type f -print0 | sort -z | xargs -0 -r sha256sum; getfattr -R -h -d -m - l1 l2 l3");
}
