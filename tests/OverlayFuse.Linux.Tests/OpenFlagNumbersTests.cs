using System.Runtime.InteropServices;
using NUnit.Framework;

namespace OverlayFuse.Linux.Tests;

/// <summary>The numbers are those of the C headers: asm-generic/fcntl.h, and arch/arm64/include/uapi/asm/fcntl.h above it.</summary>
internal class OpenFlagNumbersTests
{
    private const OpenFlags Shared = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.Truncate | OpenFlags.Append | OpenFlags.NonBlock
        | OpenFlags.NoAtime | OpenFlags.CloseOnExec | OpenFlags.Sync | OpenFlags.Path;

    [TestCase(OpenFlags.Directory, 0x10000, 0x4000)]
    [TestCase(OpenFlags.NoFollow, 0x20000, 0x8000)]
    [TestCase(OpenFlags.Direct, 0x4000, 0x10000)]
    [TestCase(OpenFlags.TmpFile, 0x410000, 0x404000)]
    [TestCase(OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0x2B0000, 0x28C000)]
    [TestCase(Shared, 0x3C1EC2, 0x3C1EC2)]
    public void Each_machine_gets_its_own(OpenFlags flags, int generic, int arm)
    {
        Assert.That(OpenFlagNumbers.Of(flags, Architecture.X64), Is.EqualTo(generic));
        Assert.That(OpenFlagNumbers.Of(flags, Architecture.Arm64), Is.EqualTo(arm));
    }

    [Test]
    public void This_machine_takes_them()
    {
        Assert.That(Syscall.Open("/proc/self/exe", OpenFlags.ReadOnly | OpenFlags.NoFollow, out _), Is.EqualTo(Errno.LOOP));
        Assert.That(Syscall.Open("/proc/self/status", OpenFlags.ReadOnly | OpenFlags.Directory, out _), Is.EqualTo(Errno.NOTDIR));
    }
}
