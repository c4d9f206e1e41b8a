using System.Diagnostics;
using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// A union of lower layers (l1, l2 ...) and an upper (u) in a directory of its own, mounted (m) by the published executable, as ourselves
/// or as another user, or by kernel overlayfs. Whatever a test does, nothing is left mounted.
/// </summary>
internal sealed partial class UnionMount : IDisposable
{
    private const int Seconds = 120;
    private const int Patience = 10; // with a mount that is to go
    private readonly string _options;
    private readonly bool _isKernel;
    private readonly string? _user;
    private readonly int _lowers;
    private readonly int _dataOnly;
    private string? _lowersBefore;
    private Timer? _limit;

    /// <param name="above">Where to make it; by default the directory for temporary files.</param>
    public UnionMount(string options, bool isKernel = false, string? user = null, int lowers = 3, string? above = null, int dataOnly = 0)
    {
        (_options, _isKernel, _user, _lowers, _dataOnly) = (options, isKernel, user, lowers, dataOnly);
        Home = Directory.CreateDirectory($"{above ?? System.IO.Path.GetTempPath().TrimEnd('/')}/of-union-{Guid.NewGuid():n}").FullName;
        foreach (var name in LayerNames.Concat(["u", "w", "m"])) Directory.CreateDirectory($"{Home}/{name}");
        if (user is not null) Run($"chmod 755 . && chown -R {user}: .");
    }

    public string Home { get; }

    public string Merged => Home + "/m";

    /// <summary>The mount's root, to name things relative to; none where the mount is another user's, who alone may enter.</summary>
    public DirFd Root { get; private set; } = DirFd.None;

    private byte[] Path => Encoding.UTF8.GetBytes(Merged);

    private IEnumerable<string> LayerNames => MergedNames.Concat(DataNames);

    private IEnumerable<string> MergedNames => Enumerable.Range(1, _lowers).Select(i => $"l{i}");

    private IEnumerable<string> DataNames => Enumerable.Range(1, _dataOnly).Select(i => $"d{i}");

    // Of this thread: a test may have become an ordinary user for a while.
    private static bool IsRoot => Syscall.GetEUid() == 0;

    public UnionMount Mount()
    {
        _lowersBefore ??= Lowers();
        var options = $"lowerdir={string.Join(':', MergedNames.Select(l => $"{Home}/{l}"))}{string.Concat(DataNames.Select(d => $"::{Home}/{d}"))},upperdir={Home}/u,workdir={Home}/w{(_options.Length > 0 ? $",{_options}" : _isKernel ? ",index=on,metacopy=off,redirect_dir=on,xino=on" : "")}";
        if (_isKernel) Assert.That(Syscall.Mount("overlay"u8, Path, "overlay"u8, MountFlags.None, Encoding.UTF8.GetBytes(options)), Is.EqualTo(Errno.None), "kernel overlayfs");
        else if (_user is null) Run(Executable, "mount", "-o", options, "m");
        else Run("runuser", "-u", _user, "--", Executable, "mount", "-o", options, "m");
        if (_user is not null) return this;
        Assert.That(Syscall.Open(Merged, OpenFlags.ReadOnly | OpenFlags.Directory, out var root), Is.EqualTo(Errno.None));
        Root = new DirFd(root.Number);
        return this;
    }

    public void Unmount()
    {
        EndCalls();
        Root.Close();
        Root = DirFd.None;
        var daemon = Daemon();
        if (IsRoot) Assert.That(UnmountIdle(), Is.EqualTo(Errno.None), "umount");
        else Run("fusermount3", "-u", "m");
        Assert.That(Ends(daemon), Is.True, $"daemon {daemon} ends");
    }

    // A program that a test beside this one starts has copies of all descriptors until it is itself.
    private Errno UnmountIdle()
    {
        for (var waited = Stopwatch.StartNew(); ; Thread.Sleep(10))
        {
            var error = Syscall.Unmount(Path, UnmountFlags.None);
            if (error != Errno.BUSY || waited.Elapsed > TimeSpan.FromSeconds(Patience)) return error;
        }
    }

    /// <summary>From now on all must be done in half a minute: then the connection is ended, and who waits for an answer gets an error.</summary>
    public void LimitTime() => _limit ??= new Timer(_ => Abort(), null, TimeSpan.FromSeconds(Seconds), Timeout.InfiniteTimeSpan);

    public void Remount()
    {
        Unmount();
        Mount();
    }

    // What it has to tidy up is only then as it should be.
    private static bool Ends(string process)
    {
        var waited = Stopwatch.StartNew();
        while (process.Length > 0 && !HasEnded(process))
        {
            if (waited.Elapsed > TimeSpan.FromSeconds(Seconds)) return false;
            Thread.Sleep(1);
        }
        return true;
    }

    // It has no command line any more once it is dead, whenever its parent notices.
    private static bool HasEnded(string process)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{process}/cmdline").Length == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    // By system calls: .NET would ask for the very lock that the daemon holds. None serves a mount of the kernel's, or one that was never made.
    private string Daemon()
    {
        Span<byte> text = stackalloc byte[64];
        if (_isKernel || Syscall.Open($"{Home}/w/overlayfuse/lock", OpenFlags.ReadOnly, out var file) != Errno.None) return "";
        _ = Syscall.Read(file, text, out var length);
        file.Close();
        return Encoding.ASCII.GetString(text[..length]).Split('\n')[0];
    }

    /// <summary>Runs a shell script in the home directory.</summary>
    public string Run(string script) => Run("/bin/bash", "-c", script);

    private string Run(string program, params string[] arguments)
    {
        var script = $"{program} {string.Join(' ', arguments)}";
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
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
        EndCalls();
        _limit?.Dispose();
        Root.Close();
        // From the list of mounts: one of another user cannot be looked at.
        if (MountInfo.Find(Path) is not null)
        {
            var daemon = Daemon();
            UnmountAnyhow();
            _ = Ends(daemon); // it would go on writing into what is deleted
        }
        EndLayers();
        if (Deletion.Delete(Home) != Errno.None) Run("rm", "-rf", "--one-file-system", Home);
    }

    private void UnmountAnyhow()
    {
        using var patience = new Timer(_ => Abort(), null, TimeSpan.FromSeconds(Patience), Timeout.InfiniteTimeSpan);
        if (IsRoot)
        {
            if (Syscall.Unmount(Path, UnmountFlags.None) == Errno.None) return;
            Abort();
            Assert.That(Syscall.Unmount(Path, UnmountFlags.Detach), Is.EqualTo(Errno.None), "umount -l");
            return;
        }
        try
        {
            Run("fusermount3", "-u", "m");
        }
        catch (AssertionException)
        {
            Run("fusermount3", "-u", "-z", "m");
        }
    }

    public static string Executable => Environment.GetEnvironmentVariable("OVERLAYFUSE") is { Length: > 0 } given ? given : Published();

    private static string Published()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var path = System.IO.Path.Combine(at.FullName, "artifacts", "overlayfuse");
            if (File.Exists(path)) return path;
        }
        throw new FileNotFoundException("no artifacts/overlayfuse: run src/publish.sh first");
    }

    // Without a look at the mount, which may never come back.
    private void Abort()
    {
        if (_isKernel || MountInfo.Find(Path) is not { } mount) return;
        if (Syscall.Open($"/sys/fs/fuse/connections/{mount.DeviceMinor}/abort", OpenFlags.WriteOnly, out var abort) != Errno.None) return;
        _ = Syscall.Write(abort, "1"u8, out _);
        abort.Close();
    }

    private string Lowers()
    {
        var layers = string.Join(' ', LayerNames);
        return Run($"find {layers} -printf '%p %y %m %U %G %s %n %T@ %C@ %l\\n' | sort; find {layers} -type f -print0 | sort -z | xargs -0 -r sha256sum; getfattr -R -h -d -m - {layers}");
    }

    // What a case has open on it goes before the mount.
    partial void EndCalls();

    // Nor may a layer stay mounted that a case has put on a file system of its own.
    partial void EndLayers();
}
