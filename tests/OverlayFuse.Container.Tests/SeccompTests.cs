using System.Runtime.InteropServices;
using NUnit.Framework;
using OverlayFuse.Image;

namespace OverlayFuse.Container.Tests;

public sealed class SeccompTests
{
    [Test]
    public void What_takes_a_capability_that_containers_lack_is_not_allowed()
    {
        string[] refused = ["mount", "umount2", "unshare", "setns", "bpf", "perf_event_open", "reboot", "init_module", "kexec_load", "open_by_handle_at", "settimeofday", "swapon", "userfaultfd", "keyctl", "add_key", "io_uring_setup"];
        Assert.That(Seccomp.Names(Architecture.X64, []).Intersect(refused), Is.Empty);
    }

    [Test]
    public void What_every_program_needs_is_allowed_once()
    {
        var names = Seccomp.Names(Architecture.X64, []).ToList();
        Assert.That(names, Is.Unique);
        Assert.That(names, Is.SupersetOf(new[] { "openat", "read", "execve", "futex", "mmap", "chroot", "mknod", "statx", "clock_gettime", "ptrace" }));
    }

    [Test]
    public void A_further_capability_opens_the_calls_that_take_it()
    {
        Assert.That(Seccomp.Names(Architecture.X64, ["CAP_SYS_TIME"]), Does.Contain("settimeofday").And.Not.Contain("mount"));
        Assert.That(Seccomp.Names(Architecture.X64, ["CAP_SYS_ADMIN", "CAP_SYSLOG", "CAP_BPF"]), Does.Contain("mount").And.Unique);
        var usual = Seccomp.Profile(Architecture.X64, []).ToJsonString();
        Assert.That(usual, Does.Contain("SCMP_CMP_MASKED_EQ").And.Contain("clone3"));
        Assert.That(Seccomp.Profile(Architecture.X64, ["CAP_SYS_ADMIN"]).ToJsonString(), Does.Not.Contain("SCMP_CMP_MASKED_EQ").And.Not.Contain("\"errnoRet\":38"));
    }

    [Test]
    public void Each_architecture_has_calls_of_its_own()
    {
        Assert.That(Seccomp.Names(Architecture.X64, []), Does.Contain("arch_prctl").And.Not.Contain("set_tls"));
        Assert.That(Seccomp.Names(Architecture.Arm64, []), Does.Contain("set_tls").And.Not.Contain("arch_prctl"));
    }

    [Test]
    public void The_profile_is_left_out_when_asked_and_new_privileges_are_too()
    {
        var usual = Spec([]);
        Assert.That((string?)usual["linux"]!["seccomp"]!["defaultAction"], Is.EqualTo("SCMP_ACT_ERRNO"));
        Assert.That((bool)usual["process"]!["noNewPrivileges"]!, Is.False);
        var other = Spec(["seccomp=unconfined", "no-new-privileges"]);
        Assert.That(other["linux"]!.AsObject().ContainsKey("seccomp"), Is.False);
        Assert.That((bool)other["process"]!["noNewPrivileges"]!, Is.True);
    }

    [Test]
    public void Another_security_option_is_refused() =>
        Assert.That(() => Spec(["label=disable"]), Throws.TypeOf<RefusedException>().With.Message.Contains("label=disable"));

    private static System.Text.Json.Nodes.JsonObject Spec(string[] options) =>
        new RuntimeSpec(ContainerPlanTests.Plan(new RunRequest { Image = "i", SecurityOptions = options }), RuntimeSpecTests.Rootless).Write("/m", "/f", new UserLookup(0, 0, [], "/"));
}
