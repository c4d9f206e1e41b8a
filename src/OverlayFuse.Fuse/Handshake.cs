using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse;

/// <summary>INIT: what both sides can do, and the answer that says what will be done. Pure.</summary>
internal static class Handshake
{
    public const uint Major = 7;
    public const uint Minor = 45;

    /// <summary>Since 7.23 (Linux 3.15) INIT is answered in the form used here; no older kernel is served.</summary>
    public const uint OldestMinor = 23;

    private const InitFlags Transport = InitFlags.BigWrites | InitFlags.MaxPages | InitFlags.InitExt | InitFlags.SetXattrExt;

    /// <summary>What the kernel only lets us know: it is granted wherever it is there.</summary>
    private const InitFlags Informative = InitFlags.NoOpenSupport | InitFlags.NoOpenDirSupport | InitFlags.HasExpireOnly | InitFlags.HasResend;

    private const uint SmallestWrite = 4096;
    private const uint PagesWithoutNegotiation = 32;

    /// <summary>What was agreed on.</summary>
    public readonly record struct Agreement(InitFlags Granted, uint Minor, uint MaxWrite);

    /// <summary>Reads the body of an INIT request. Kernels before 7.36 send a shorter one.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out InitIn offer, out InitFlags offered)
    {
        offered = InitFlags.None;
        if (!MemoryMarshal.TryRead(body, out offer)) return false;

        offered = (InitFlags)offer.Flags;
        if ((offered & InitFlags.InitExt) != 0 && MemoryMarshal.TryRead(body[Unsafe.SizeOf<InitIn>()..], out InitInRest rest))
            offered |= (InitFlags)((ulong)rest.Flags2 << 32);
        return true;
    }

    /// <summary>Chooses among what the kernel offers.</summary>
    public static Errno Agree(in InitIn offer, InitFlags offered, SessionOptions options, int pageSize, out InitOut answer, out Agreement agreement)
    {
        answer = default;
        agreement = default;
        if (offer.Major != Major || offer.Minor < OldestMinor) return Errno.PROTO;

        var granted = offered & (options.Wanted | Transport | Informative);

        // The kernel would silently leave passthrough off beside the writeback cache, or with a depth it does not know.
        if ((granted & InitFlags.WritebackCache) != 0 || options.MaxStackDepth is 0 or > 2) granted &= ~InitFlags.Passthrough;

        var maxWrite = Math.Max(options.MaxWrite, SmallestWrite);
        var pages = Math.Min((maxWrite + (uint)pageSize - 1) / (uint)pageSize, ushort.MaxValue);
        if ((granted & InitFlags.MaxPages) == 0)
        {
            maxWrite = Math.Min(maxWrite, PagesWithoutNegotiation * (uint)pageSize);
            pages = 0;
        }
        var minor = Math.Min(offer.Minor, Minor);
        agreement = new Agreement(granted, minor, maxWrite);
        answer = new InitOut
        {
            Major = Major,
            Minor = minor,
            MaxReadAhead = Math.Min(offer.MaxReadAhead, options.MaxReadAhead),
            Flags = (uint)((ulong)granted & 0xffffffff),
            Flags2 = (uint)((ulong)granted >> 32),
            MaxBackground = options.MaxBackground,
            CongestionThreshold = options.CongestionThreshold,
            MaxWrite = maxWrite,
            TimeGranularity = options.TimeGranularity,
            MaxPages = (ushort)pages,
            MaxStackDepth = (granted & InitFlags.Passthrough) != 0 ? options.MaxStackDepth : 0,
        };
        return Errno.None;
    }
}
