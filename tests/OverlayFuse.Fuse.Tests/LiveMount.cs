using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

/// <summary>A file system mounted by mount(2) and served by this process, used by others. Gone with the test, come what may.</summary>
internal sealed class LiveMount : IDisposable
{
    private readonly Thread _server;

    public LiveMount(FileSystem fileSystem, Transport transport = Transport.Device, SessionOptions? options = null)
    {
        Path = Directory.CreateTempSubdirectory("overlayfuse-test-").FullName;
        var request = new MountRequest { MountPoint = Encoding.UTF8.GetBytes(Path), Source = "memory"u8.ToArray(), Subtype = "memory", Flags = MountFlags.None, AllowOther = true };
        var rings = transport == Transport.Ring ? InitFlags.OverIoUring : InitFlags.None;
        options ??= new SessionOptions { Wanted = InitFlags.AsyncRead | InitFlags.ParallelDirOps | InitFlags.DoReadDirPlus | rings, Log = Log.Add };
        Session = Session.Mount(request, fileSystem, options);
        using var ready = new ManualResetEventSlim();
        Session.Ready += ready.Set;
        _server = new Thread(Session.Run) { IsBackground = true };
        _server.Start();
        Assert.That(ready.Wait(10_000), "the mount is live within ten seconds");
    }

    public string Path { get; }

    public Session Session { get; }

    public List<string> Log { get; } = [];

    /// <summary>Runs a script with the mount point in $m.</summary>
    public string Run(string script) => Shell.Run($"m={Path}; set -e; {script}");

    public bool WaitForEnd() => _server.Join(10_000);

    public void Dispose()
    {
        Unmounter.Unmount(Encoding.UTF8.GetBytes(Path));
        if (!WaitForEnd())
        {
            ConnectionControl.TryAbort(Session.Device!.Value.Minor);
            WaitForEnd();
        }
        Session.Dispose();
        Directory.Delete(Path);
    }
}
