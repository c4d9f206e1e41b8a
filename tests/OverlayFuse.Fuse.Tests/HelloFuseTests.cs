using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

/// <summary>The sample, as a program of its own, mounted in every way there is.</summary>
[RootOnly]
[CancelAfter(120_000)]
public sealed class HelloFuseTests
{
    private const string AsUser = "setpriv --reuid 65534 --regid 65534 --clear-groups --";

    private string _place = null!;
    private string _mountPoint = null!;
    private string _hello = null!;

    [SetUp]
    public void SetUp()
    {
        // A place of its own: the repository may lie where only root can read.
        _place = Directory.CreateTempSubdirectory("overlayfuse-hello-").FullName;
        _mountPoint = $"{_place}/m";
        _hello = $"{_place}/bin/HelloFuse";
        var built = $"{Root()}/samples/HelloFuse/bin/{Configuration()}/net10.0";
        Shell.Run($"chmod 755 {_place}; cp -r {built} {_place}/bin; chmod -R a+rX {_place}/bin; mkdir {_mountPoint}; chown 65534 {_mountPoint}");
        Shell.Run("chmod 666 /dev/fuse"); // as it is on most systems
    }

    [TearDown]
    public void TearDown()
    {
        while (MountInfo.Find(Encoding.UTF8.GetBytes(_mountPoint)) is not null) Shell.Run($"umount -l {_mountPoint}");
        Directory.Delete(_place, recursive: true);
    }

    [Test]
    public void Root_mounts_it_by_itself()
    {
        Session($"{_hello} $m", "[ \"$(cat $m/hello.txt)\" = 'Hello from FUSE!' ]; [ \"$(ls $m)\" = hello.txt ]; [ ! -e $m/other ]; umount $m");
    }

    [Test]
    public void A_signal_unmounts_it() => Session($"{_hello} $m", "cat $m/hello.txt; kill -TERM $pid");

    [Test]
    public void A_user_mounts_it_with_the_help_of_fusermount3()
    {
        Assume.That(Shell.Try("command -v fusermount3").Exit, Is.Zero, "fuse3 is installed");
        Session($"{AsUser} {_hello} $m", $"""
            [ "$({AsUser} cat $m/hello.txt)" = 'Hello from FUSE!' ]
            grep " $m " /proc/self/mountinfo | grep -q 'nosuid,nodev.*fuse.hello hello .*user_id=65534'
            {AsUser} fusermount3 -u $m
            """);
    }

    [Test]
    public void A_user_mounts_it_in_a_namespace_of_his_own()
    {
        Assume.That(Shell.Try($"{AsUser} unshare -Urm true").Exit, Is.Zero, "user namespaces are allowed");
        var output = Shell.Run($"""
            {AsUser} unshare -Urm sh -ec '
                m={_mountPoint}
                {_hello} $m & pid=$!
                for i in $(seq 200); do grep -q " $m " /proc/self/mountinfo && [ -e $m/hello.txt ] && break; sleep 0.05; done
                cat $m/hello.txt; grep " $m " /proc/self/mountinfo
                kill -TERM $pid; wait $pid'
            """);
        Assert.That(output, Does.StartWith("Hello from FUSE!").And.Contain("allow_other"));
    }

    [Test]
    public void A_dead_mount_makes_room_for_the_next_one_of_its_kind_and_can_be_unmounted()
    {
        var path = Encoding.UTF8.GetBytes(_mountPoint);
        Session($"{_hello} $m", "kill -KILL $pid", mayFail: true);
        Session($"{_hello} $m", "for i in $(seq 200); do [ -e $m/hello.txt ] && break; sleep 0.05; done; cat $m/hello.txt; kill -KILL $pid", mayFail: true);
        Assert.That(MountInfo.Read().Count(mount => path.AsSpan().SequenceEqual(mount.MountPoint)), Is.EqualTo(1), "the first was taken away");

        var other = new MountRequest { MountPoint = path, Source = "another"u8.ToArray(), Subtype = "another" };
        Assert.That(() => OverlayFuse.Fuse.Session.Mount(other, new MemoryFileSystem(), new SessionOptions()), Throws.TypeOf<MountException>().With.Message.Contains("whose server has died"));
        Assert.That(Unmounter.Unmount(path), Is.Null);
        Assert.That(MountInfo.Find(path), Is.Null);
    }

    [Test]
    public void What_hinders_a_mount_is_said_in_words()
    {
        Failure($"{_hello} {_place}/absent", "there is no such directory");
        Failure($"{_hello} /etc/passwd", "it is not a directory");
        Failure($"{_hello} /dev/fd/x", "the number of an open descriptor");
        Failure($"{_hello} /dev/fd/9 9<>/dev/fuse", "not mounted");
        Failure($"{AsUser} {_hello} /mnt", "no write access to mountpoint");
        Failure($"PATH=/nowhere; /usr/bin/{AsUser} {_hello} {_mountPoint}", "apt-get install fuse3");
        Failure(
            $"unshare -m sh -c 'mknod -m 600 {_place}/fuse c 10 229 && mount --bind {_place}/fuse /dev/fuse && {AsUser} {_hello} {_mountPoint}'",
            "/dev/fuse is closed to uid 65534 (permission denied).\nOn most systems it is open to all; as root: chmod 666 /dev/fuse");
        Failure(
            $"unshare -m sh -c 'mkdir {_place}/dev && cp -a /dev/null /dev/urandom /dev/zero {_place}/dev && mount --bind {_place}/dev /dev && {_hello} {_mountPoint}'",
            "modprobe fuse");
    }

    /// <summary>Starts the program, waits for the mount, runs a script with $m and $pid, and waits for the program's end.</summary>
    private void Session(string program, string script, bool mayFail = false) => Shell.Run($"""
        m={_mountPoint}
        {program} & pid=$!
        for i in $(seq 200); do grep -q " $m " /proc/self/mountinfo && break; sleep 0.05; done
        set -e
        {script}
        wait $pid {(mayFail ? "|| true" : "")}
        """);

    private static void Failure(string command, string words)
    {
        var (exit, output) = Shell.Try(command);
        Assert.That(exit, Is.EqualTo(1), output);
        Assert.That(output, Does.StartWith("HelloFuse: ").And.Contain(words));
    }

    private static string Configuration() => Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/')))!;

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists($"{directory.FullName}/OverlayFuse.sln")) directory = directory.Parent!;
        return directory.FullName;
    }
}
