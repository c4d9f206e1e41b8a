using System.Text;
using NUnit.Framework;
using OverlayFuse.Fuse;
using OverlayFuse.Linux;
using OverlayFuse.Union;

namespace OverlayFuse.Cli.Tests;

/// <summary>The command lines that container tools and mount(8) start a file system with: each is parsed and planned.</summary>
public sealed class ClientCommandLineTests
{
    private const string Layers = "lowerdir=/s/overlay/l/AB:/s/overlay/l/CD,upperdir=/s/overlay/1/diff,workdir=/s/overlay/1/work";
    private const string ReadOnly = "lowerdir=/s/overlay/2/diff:/s/overlay/l/CD";
    private const string Overlay = "lowerdir=/src,upperdir=/s/userdata/overlay/7/upper,workdir=/s/userdata/overlay/7/work";

    private static readonly Caller Inside = new(IsRoot: true, InUserNamespace: true, "/s/overlay"u8.ToArray());

    // What is expected of the plan: layers below, "rw" or "ro", and what else the options say. "!": with a line on standard error.
    [TestCase($"-o {Layers},,volatile /s/overlay/1/merged", "2 rw volatile", Description = "podman build, podman run --rm, buildah run")]
    [TestCase($"-o {Layers}, /s/overlay/1/merged", "2 rw", Description = "podman run -d, podman create")]
    [TestCase("-o lowerdir=/s/overlay/1/empty,upperdir=/s/overlay/1/diff,workdir=/s/overlay/1/work,,volatile /s/overlay/1/merged", "1 rw volatile", Description = "the first layer of an image from scratch")]
    [TestCase($"-o {ReadOnly} /s/overlay/2/merged", "2 ro", Description = "podman diff, podman commit, podman image mount")]
    [TestCase($"-o {Layers},,volatile,uidmapping=:0:1:1001:1001:0:1:1002:1002:64535,gidmapping=:0:1:1001:1001:0:1:1002:1002:64535 /s/overlay/1/merged", "2 rw volatile uids=0:1:1001+1001:0:1+1002:1002:64535 gids=0:1:1001+1001:0:1+1002:1002:64535", Description = "podman run --userns=keep-id")]
    [TestCase($"-o {Layers},,volatile,uidmapping=:0:1:1024,gidmapping=:0:1:1024 /s/overlay/1/merged", "2 rw volatile uids=0:1:1024 gids=0:1:1024", Description = "podman run --userns=auto, --uidmap")]
    [TestCase($"-o {Layers},uidmapping=0:10:1,1:110000:65536,gidmapping=0:10:1,1:110000:65536,volatile /m", "2 rw volatile uids=0:10:1+1:110000:65536 gids=0:10:1+1:110000:65536", Description = "the form of fuse-overlayfs(1)")]
    [TestCase($"-o {Layers},,volatile,squash_to_uid=0,squash_to_gid=0 /s/overlay/1/merged", "2 rw volatile squash=0:0", Description = "podman run with a map of a single id")]
    [TestCase($"-o {Overlay},private /s/userdata/overlay/7/merge", "1 rw", Description = "podman run -v SRC:/x:O, --rootfs DIR:O")]
    [TestCase("-o lowerdir=/s/overlay/2/merged:/s/userdata/overlay/8/lower,private /s/userdata/overlay/8/merge", "2 ro", Description = "podman run --mount type=image")]
    [TestCase($"-o {Layers},noacl,squash_to_uid=0,squash_to_gid=0,fsync=0,static_nlink,noxattrs=0,clone_fd,volatile /s/overlay/1/merged", "2 rw volatile squash=0:0 noacl static_nlink", Description = "storage.conf with a long mountopt")]
    [TestCase($"-o {Layers},fsync=1,volatile /s/overlay/1/merged", "2 rw volatile", Description = "storage.conf with fsync in mountopt, which Podman puts volatile behind")]
    [TestCase($"-o {Layers},volatile,fsync=1 /m", "2 rw volatile")]
    [TestCase($"-o {Layers},fsync=0,fsync=1 /m", "2 rw", Description = "the later one counts")]
    [TestCase($"-o {Layers},squash_to_uid=1,squash_to_gid=1,squash_to_uid=0,squash_to_gid=0 /m", "2 rw squash=0:0")]
    [TestCase($"-o {Layers},uidmapping=0:1:5,uidmapping=0:2:5 /m", "2 rw uids=0:2:5")]
    [TestCase($"-o {Layers},xattr_permissions=0,xattr_permissions=2 /m", "2 rw owners=Containers")]
    [TestCase($"-o {Layers},bogus_option=1,volatile /s/overlay/1/merged", "2 rw volatile !bogus_option=1", Description = "storage.conf with a mountopt that nobody knows")]
    [TestCase($"-o {Layers},,volatile,context=\"system_u:object_r:container_file_t:s0:c1,c2\" /s/overlay/1/merged", "2 rw volatile !labels", Description = "podman with SELinux: a comma in quotes")]
    [TestCase($"-o context=\"a:b:c:s0:c1,c2\",{Layers},, /s/overlay/1/merged", "2 rw !labels")]
    [TestCase($"-o {Layers},dev,suid /s/overlay/1/merged", "2 rw dev suid")]
    [TestCase($"overlay /run/task/rootfs -o {Layers},dev,suid", "2 rw dev suid source=overlay", Description = "containerd by mount.fuse3")]
    [TestCase("overlay /run/task/rootfs -o workdir=/w -o upperdir=/u -o lowerdir=/a:/b -t overlayfuse", "2 rw source=overlay", Description = "containerd by our own mount helper")]
    [TestCase($"none /mnt -o rw,{Layers},dev,suid", "2 rw dev suid source=none", Description = "mount -t fuse.overlayfuse")]
    [TestCase($"none /mnt -o ro,noexec,nosuid,nodev,{Layers},allow_other", "2 ro noexec source=none", Description = "a line of fstab")]
    [TestCase($"none /mnt -o {Layers},noauto,user,x-foo=1,X-mount.mkdir,_netdev,defaults,nofail,auto,users,comment=a,relatime", "2 rw source=none", Description = "a line of fstab that a simple helper passes on whole")]
    [TestCase($"none /mnt -o {Layers},nosymfollow,mand,noiversion,unbindable,nogroup,noowner,nousers", "2 rw nosymfollow source=none")]
    [TestCase($"none /mnt -o {Layers},nosymfollow,symfollow", "2 rw source=none")]
    [TestCase($"none /mnt -N /proc/1/ns/mnt -o {Layers}", "2 rw source=none", Description = "mount -N")]
    [TestCase($"none /dev/fd/3 -o {Layers},default_permissions,allow_other", "2 rw source=none", Description = "mount.fuse3 with drop_privileges")]
    [TestCase($"-o {Layers} -f /m", "2 rw foreground")]
    [TestCase($"-d -o{Layers} /m", "2 rw debug")]
    [TestCase($"--debug -s -o {Layers} /m", "2 rw debug")]
    [TestCase($"-o {Layers},debug /m", "2 rw debug")]
    [TestCase($"-o {Layers},xino=auto,ino32_t=1,timeout=3,threaded=0 /m", "2 rw ino32_t timeout=3 !ino32_t=1 !threaded=0")]
    [TestCase($"-o ,,,{Layers},,, /m", "2 rw", Description = "empty elements everywhere")]
    [TestCase($"-o {Layers},squash_to_root /m", "2 rw squash=0:0")]
    [TestCase($"-o {Layers},redirect_dir=off,metacopy=off,index=off,nfs_export=off,userxattr /m", "2 rw !redirect_dir=off !metacopy=off !index=off !userxattr", Description = "what is written for kernel overlayfs")]
    [TestCase($"-o {Layers},fsync=1,writeback=0,xattr_permissions=0,fast_ialloc=1,max_write=131072,splice_read,kernel_cache /m", "2 rw !fast_ialloc=1 !max_write=131072", Description = "the rest of fuse-overlayfs(1) and libfuse")]
    public void A_client_gets_the_mount_it_asks_for(string words, string expected)
    {
        Assert.That(Plan(words), Is.EqualTo(expected));
    }

    [TestCase($"none /mnt -o rw,remount,{Layers}", "unmount it and mount it again", Description = "mount -o remount starts the program again")]
    [TestCase($"-o {Layers},,volatile,uidmapping=:0:1 /m", "STORED:SHOWN:COUNT")]
    [TestCase("-o upperdir=/u,workdir=/w /m", "lowerdir is missing")]
    [TestCase($"a b c -o {Layers}", "3 words")]
    public void What_would_be_another_mount_is_refused(string words, string why) =>
        Assert.That(() => Plan(words), Throws.TypeOf<MountException>().With.Message.Contains(why));

    // As the program does it, up to the plan; the words behind it are how a plan differs from the plainest one.
    private static string Plan(string words)
    {
        var arguments = new MountArguments();
        var parsed = CommandWords.Parse(DropInCommand.Create(arguments, new RawArguments("overlayfuse", [])), words.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.That(parsed.Errors, Is.Empty);
        var given = DropInCommand.Words(arguments, parsed, new RawArguments("overlayfuse", []));
        var options = MountOptionsParser.Parse(MountForm.DropIn, given.OptionLists);
        var job = MountPlanner.Plan(MountForm.DropIn, options, given.Source, given.MountPoint, Inside);
        var union = job.Union;
        var said = new List<string> { union.LowerDirectories.Count.ToString(), union.ReadOnly ? "ro" : "rw" };
        if (union.Durability == Durability.Volatile) said.Add("volatile");
        if (options.Devices == true && !job.Flags.HasFlag(MountFlags.NoDev)) said.Add("dev");
        if (options.Suid == true && !job.Flags.HasFlag(MountFlags.NoSuid)) said.Add("suid");
        if (job.Flags.HasFlag(MountFlags.NoExec)) said.Add("noexec");
        if (job.Flags.HasFlag(MountFlags.NoSymlinkFollow)) said.Add("nosymfollow");
        if (union.UidMapping.Count > 0) said.Add("uids=" + Ranges(union.UidMapping));
        if (union.GidMapping.Count > 0) said.Add("gids=" + Ranges(union.GidMapping));
        if (union.SquashToUid is { } uid) said.Add($"squash={uid}:{union.SquashToGid}");
        if (union.KeepOwnersIn != OverrideForm.None) said.Add("owners=" + union.KeepOwnersIn);
        if (!union.Acl) said.Add("noacl");
        if (union.StaticLinkCount) said.Add("static_nlink");
        if (union.NarrowInodes) said.Add("ino32_t");
        if (union.EntryTimeout != Entry.Forever) said.Add($"timeout={union.EntryTimeout.TotalSeconds}");
        if (given.Source is { } source) said.Add("source=" + Encoding.UTF8.GetString(source));
        if (given.Foreground) said.Add("foreground");
        if (given.Debug || options.Debug) said.Add("debug");
        foreach (var notice in options.Notices) said.Add("!" + (notice.Contains("labels") ? "labels" : notice.Split('"')[1]));
        return string.Join(' ', said);
    }

    private static string Ranges(IEnumerable<IdRange> ranges) => string.Join('+', ranges.Select(range => $"{range.Stored}:{range.Shown}:{range.Count}"));
}
