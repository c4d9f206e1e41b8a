using System.Runtime.InteropServices;
using System.Text;
using HelloFuse;
using OverlayFuse.Fuse;

if (args is not [var mountPoint])
{
    Console.Error.WriteLine("usage: HelloFuse MOUNTPOINT");
    return 2;
}

try
{
    var request = new MountRequest { MountPoint = Encoding.UTF8.GetBytes(mountPoint), Source = "hello"u8.ToArray(), Subtype = "hello" };
    using var session = Session.Mount(request, new HelloFileSystem(), new SessionOptions { Log = Console.Error.WriteLine });
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
    session.Run();
    return 0;

    void Stop(PosixSignalContext signal)
    {
        signal.Cancel = true; // the mount must not outlive us
        session.Stop();
    }
}
catch (MountException e)
{
    Console.Error.WriteLine($"HelloFuse: {e.Message}");
    return 1;
}
