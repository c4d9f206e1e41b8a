using System.Diagnostics;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

/// <summary>What is particular to FUSE over io_uring; <see cref="LiveMountTests"/> run over both transports.</summary>
[RootOnly]
[CancelAfter(60_000)]
public sealed class RingTests
{
    private const string Parameter = "/sys/module/fuse/parameters/enable_uring";

    [OneTimeSetUp]
    public static void Need()
    {
        if (!File.Exists(Parameter) || !File.ReadAllText(Parameter).StartsWith('Y')) Assert.Ignore($"the kernel offers no rings: echo Y >{Parameter}");
    }

    [Test]
    public void Rings_are_used_where_they_are_wanted_and_offered()
    {
        using var wanted = new LiveMount(new MemoryFileSystem(), Transport.Ring);
        Assert.That(wanted.Session.Transport, Is.EqualTo(Transport.Ring));
        Assert.That(wanted.Session.Granted & InitFlags.OverIoUring, Is.Not.EqualTo(InitFlags.None));
        using var unwanted = new LiveMount(new MemoryFileSystem());
        Assert.That(unwanted.Session.Transport, Is.EqualTo(Transport.Device));
    }

    [Test]
    public void One_that_takes_long_does_not_hold_up_others_of_its_processor([Values(1, 12)] int slow)
    {
        using var gate = new ManualResetEventSlim();
        using var mount = new LiveMount(new GatedFileSystem(gate), Transport.Ring);
        var waiting = new List<Process>();
        for (var i = 1; i <= slow; i++) // one after the other: a thread takes a while to start
        {
            waiting.Add(Shell.Start($"exec taskset -c 0 stat {mount.Path}/slow{i}"));
            Assert.That(() => mount.Session.Requests[Opcode.Lookup], Is.EqualTo(i).After(5000, 10), "all of them wait");
            Thread.Sleep(50);
        }
        Assert.That(mount.Run("taskset -c 0 timeout 5 stat $m/quick 2> /dev/null || echo $?"), Is.EqualTo("1"), "absent, and not timed out");
        gate.Set();
        foreach (var one in waiting)
        {
            one.WaitForExit();
            one.Dispose();
        }
    }

    [Test]
    public void Quick_requests_do_not_start_thread_after_thread()
    {
        using var mount = new LiveMount(new MemoryFileSystem { Validity = TimeSpan.Zero }, Transport.Ring);
        mount.Run("for i in $(seq 500); do stat $m/$i 2> /dev/null || true; done");
        Assert.That(mount.Session.Requests[Opcode.Lookup], Is.GreaterThanOrEqualTo(500), "each was asked for");
        Assert.That(mount.Session.Threads, Is.LessThanOrEqualTo(1 + (4 * Environment.ProcessorCount)));
    }

    [Test]
    public void A_connection_that_is_aborted_ends_its_rings()
    {
        using var gate = new ManualResetEventSlim();
        using var mount = new LiveMount(new GatedFileSystem(gate), Transport.Ring);
        using var waiting = Shell.Start($"exec stat {mount.Path}/slow");
        Assert.That(() => mount.Session.Requests[Opcode.Lookup], Is.EqualTo(1).After(5000, 10));
        Shell.Run($"umount -f {mount.Path} || umount -l {mount.Path}"); // in use, and aborted by the first
        waiting.WaitForExit();
        gate.Set();
        Assert.That(mount.WaitForEnd());
        Assert.That(() => mount.Session.Threads, Is.Zero.After(20_000, 10));
        Assert.That(mount.Log, Is.Empty);
    }

    [Test]
    public void What_is_in_hand_when_the_mount_goes_is_done_before_the_file_system_stops()
    {
        using var gate = new ManualResetEventSlim();
        var fileSystem = new GatedFileSystem(gate);
        using var mount = new LiveMount(fileSystem, Transport.Ring);
        using var waiting = Shell.Start($"exec stat {mount.Path}/slow");
        Assert.That(() => mount.Session.Requests[Opcode.Lookup], Is.EqualTo(1).After(5000, 10));
        Shell.Run($"umount -f {mount.Path} || umount -l {mount.Path}");
        waiting.WaitForExit();
        Thread.Sleep(3000); // longer than those get who are in the way of an end that was asked for
        Assert.That(fileSystem.IsStopped, Is.False);
        gate.Set();
        Assert.That(mount.WaitForEnd());
        Assert.That(fileSystem.IsStopped);
    }

    [Test]
    public void Threads_that_send_notices_are_bound_to_no_processor()
    {
        using var mount = new LiveMount(new MemoryFileSystem(), Transport.Ring);
        mount.Run("echo a > $m/f; taskset -c 0 cat $m/f");
        mount.Session.Notifier.InvalidateInode(NodeId.Root);
        Assert.That(mount.Session.Notifier.Wait(TimeSpan.FromSeconds(5)));
        var all = Of("/proc/self/status", "Cpus_allowed_list");
        var notifiers = Directory.GetDirectories("/proc/self/task").Select(thread => thread + "/status").Where(status => Of(status, "Name") == "fuse notifier").ToList();
        Assert.That(notifiers, Is.Not.Empty);
        foreach (var status in notifiers) Assert.That(Of(status, "Cpus_allowed_list"), Is.EqualTo(all));

        static string Of(string status, string field) => File.Exists(status) ? File.ReadAllLines(status).First(line => line.StartsWith(field + ":", StringComparison.Ordinal)).Split('\t')[1] : "";
    }

    [TestCase("0", 1)]
    [TestCase("0-3\n", 4)]
    [TestCase("0-3,8,10-11", 7)]
    [TestCase("", 0)]
    [TestCase("3-1", 0)]
    [TestCase("all", 0)]
    public void Processors_are_counted(string list, int count) => Assert.That(Processors.Count(list), Is.EqualTo(count));

    // A name that begins with "slow" is looked up until the gate opens.
    private sealed class GatedFileSystem(ManualResetEventSlim gate) : FileSystem
    {
        private volatile bool _isStopped;

        public bool IsStopped => _isStopped;

        public override void Stopped() => _isStopped = true;

        private const uint DirectoryMode = 0x41ed; // drwxr-xr-x

        public override Errno GetAttributes(in Request request, NodeId node, ulong? handle, out Attributes attributes, out TimeSpan timeout)
        {
            attributes = new Attributes { Inode = 1, Mode = DirectoryMode, LinkCount = 2 };
            timeout = TimeSpan.MaxValue;
            return Errno.None;
        }

        public override Errno Lookup(in Request request, NodeId parent, ReadOnlySpan<byte> name, out Entry entry)
        {
            entry = default;
            if (name.StartsWith("slow"u8)) gate.Wait(10_000);
            return Errno.NOENT;
        }
    }
}
