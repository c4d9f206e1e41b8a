using System.Diagnostics;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// A file system with a journal on a loop device that is recorded (<see cref="RecordedDevice"/>); later, in the same place, on what the
/// device may hold after a loss of power. Whatever happens, nothing is left mounted.
/// </summary>
internal sealed class JournaledDisk : IDisposable
{
    private const int CommandSeconds = 60;
    private const int RecordedSeconds = 120;
    private const int UnmountSeconds = 10;

    private readonly DiskFormat _format;
    private readonly string _home;
    private readonly SafeFileHandle _image;
    private readonly Session _session;
    private readonly Thread _server;
    private readonly Timer _limit;
    private readonly LoopDevice _loop = new();
    private bool _isPlugged;
    private bool _hasEnded;

    /// <param name="pace">See <see cref="RecordedDevice"/>.</param>
    public JournaledDisk(DiskFormat format, Func<int> pace)
    {
        _format = format;
        _home = Directory.CreateDirectory($"{TestUnion.Above}/of-disk-{Guid.NewGuid():n}").FullName;
        foreach (var name in (string[])["device", "files"]) Directory.CreateDirectory($"{_home}/{name}");
        _image = Open("image");
        RandomAccess.SetLength(_image, (long)format.Megabytes << 20);
        Device = new RecordedDevice(ToFd(_image), (long)format.Megabytes << 20, pace);
        var request = new MountRequest { MountPoint = Encoding.UTF8.GetBytes($"{_home}/device"), Source = "disk"u8.ToArray(), Subtype = "recorded" };
        _session = Session.Mount(request, Device, new SessionOptions());
        _server = new Thread(_session.Run) { IsBackground = true };
        _server.Start();

        // Whoever waits for the device then gets an error, threads of the kernel too.
        _limit = new Timer(_ => Abort(), null, TimeSpan.FromSeconds(RecordedSeconds), Timeout.InfiniteTimeSpan);
        try
        {
            Run($"{format.Make} image");
            Run($"losetup {_loop.Path} device/disk");
            _isPlugged = true;
            Run($"mount -t {format.Type} -o {format.Options} {_loop.Path} files");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public RecordedDevice Device { get; }

    /// <summary>Where the file system is mounted.</summary>
    public string Files => $"{_home}/files";

    /// <summary>Brings to the device what was done so far, and begins to record what comes then.</summary>
    public void Record()
    {
        Run("sync -f files");
        using var before = Open("before");
        Device.Record(() => Copy(_image, before));
    }

    /// <summary>Ends the record, and takes the device away.</summary>
    public PowerCuts Unplug()
    {
        var events = Device.EndRecord();
        Unmount();
        EndDevice();
        return new PowerCuts(events, Open("before"), _format.Sector);
    }

    /// <summary>Mounts what is on the disk after a loss of power.</summary>
    public void MountAfter(PowerCuts cuts, int at, Random random)
    {
        using (var disk = Open("cut"))
        {
            RandomAccess.SetLength(disk, RandomAccess.GetLength(_image));
            cuts.Make(at, random, disk, Copy);
        }
        Run($"mount -t {_format.Type} -o {_format.Options},loop={_loop.Path} cut files");
        File.Delete($"{_home}/cut");
    }

    // A program that a test beside this one starts has copies of all descriptors until it is itself.
    public void Unmount()
    {
        for (var waited = Stopwatch.StartNew(); ; Thread.Sleep(1))
        {
            var error = Syscall.Unmount(Encoding.UTF8.GetBytes(Files), UnmountFlags.None);
            if (error == Errno.None) return;
            if (error != Errno.BUSY || waited.Elapsed > TimeSpan.FromSeconds(UnmountSeconds)) throw new IOException($"umount {Files}: {error}");
        }
    }

    public void Dispose()
    {
        if (!_hasEnded) _limit.Change(TimeSpan.FromSeconds(UnmountSeconds), Timeout.InfiniteTimeSpan);
        _ = Syscall.Unmount(Encoding.UTF8.GetBytes(Files), UnmountFlags.Detach); // INVAL: it is not mounted
        EndDevice();
        _loop.Dispose();
        _image.Dispose();
        if (Deletion.Delete(_home) != Errno.None) Run("cd / && rm -rf --one-file-system \"$OLDPWD\"");
    }

    private void EndDevice()
    {
        try
        {
            if (_isPlugged) Run($"losetup -d {_loop.Path}");
            _isPlugged = false;
        }
        finally
        {
            EndSession();
        }
    }

    private void EndSession()
    {
        if (_hasEnded) return;
        _hasEnded = true;
        var device = Encoding.UTF8.GetBytes($"{_home}/device");
        if (Unmounter.Unmount(device) is not null || !_server.Join(TimeSpan.FromSeconds(UnmountSeconds))) Abort();
        _server.Join(TimeSpan.FromSeconds(UnmountSeconds));
        _ = Syscall.Unmount(device, UnmountFlags.Detach); // INVAL: it is gone, as it should
        _limit.Dispose();
        _session.Dispose();
    }

    // By umount -f, which ends the connection though it is in use: the switches in /sys are not there on every machine.
    private void Abort() => _ = Syscall.Unmount(Encoding.UTF8.GetBytes($"{_home}/device"), UnmountFlags.Force);

    private SafeFileHandle Open(string name) => File.OpenHandle($"{_home}/{name}", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);

    private static Fd ToFd(SafeFileHandle file) => new((int)file.DangerousGetHandle());

    // Holes stay holes.
    private static void Copy(SafeFileHandle from, SafeFileHandle to)
    {
        var size = (ulong)RandomAccess.GetLength(from);
        var error = DataCopy.Copy(ToFd(from), ToFd(to), size, size, isNew: true, out _);
        if (error != Errno.None) throw new IOException($"copy of an image: {error}");
    }

    private string Run(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec 2>&1\nset -e\n{script}"]) { WorkingDirectory = _home, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(CommandSeconds)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"not done after {CommandSeconds} seconds: {script}");
        }
        var text = output.GetAwaiter().GetResult().Trim();
        return process.ExitCode == 0 ? text : throw new IOException($"{script}\nexit {process.ExitCode}: {text}");
    }
}
