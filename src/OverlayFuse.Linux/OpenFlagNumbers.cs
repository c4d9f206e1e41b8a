using System.Runtime.InteropServices;

namespace OverlayFuse.Linux;

/// <summary>The flags of open(2) in the numbers of a machine: ARM has three of them in each other's places, or in those of others (arch/arm64/include/uapi/asm/fcntl.h).</summary>
internal static class OpenFlagNumbers
{
    private const OpenFlags Elsewhere = OpenFlags.Direct | OpenFlags.Directory | OpenFlags.NoFollow;
    private const int ArmDirectory = 0x4000;
    private const int ArmNoFollow = 0x8000;
    private const int ArmDirect = 0x10000;

    /// <summary>As the kernel of this machine takes them.</summary>
    public static int Of(OpenFlags flags) => Of(flags, RuntimeInformation.ProcessArchitecture);

    public static int Of(OpenFlags flags, Architecture machine)
    {
        if (machine is not (Architecture.Arm64 or Architecture.Arm)) return (int)flags;
        var number = (int)(flags & ~Elsewhere);
        if ((flags & OpenFlags.Directory) != 0) number |= ArmDirectory;
        if ((flags & OpenFlags.NoFollow) != 0) number |= ArmNoFollow;
        if ((flags & OpenFlags.Direct) != 0) number |= ArmDirect;
        return number;
    }
}
