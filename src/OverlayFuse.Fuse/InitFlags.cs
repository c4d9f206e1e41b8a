namespace OverlayFuse.Fuse;

/// <summary>The capabilities negotiated at INIT (linux/fuse.h): bits 0-31 travel in flags, bits 32-63 in flags2.</summary>
[Flags]
public enum InitFlags : ulong
{
    None = 0,
    AsyncRead = 1 << 0,
    PosixLocks = 1 << 1,
    AtomicOTrunc = 1 << 3,
    ExportSupport = 1 << 4,
    BigWrites = 1 << 5,
    DontMask = 1 << 6,
    SpliceWrite = 1 << 7,
    SpliceMove = 1 << 8,
    SpliceRead = 1 << 9,
    FlockLocks = 1 << 10,
    HasIoctlDir = 1 << 11,
    AutoInvalData = 1 << 12,
    DoReadDirPlus = 1 << 13,
    ReadDirPlusAuto = 1 << 14,
    AsyncDio = 1 << 15,
    WritebackCache = 1 << 16,

    /// <summary>The kernel understands NOSYS to OPEN: no further OPEN and RELEASE are sent (zero-message open).</summary>
    NoOpenSupport = 1 << 17,

    ParallelDirOps = 1 << 18,
    HandleKillPriv = 1 << 19,
    PosixAcl = 1 << 20,
    AbortError = 1 << 21,
    MaxPages = 1 << 22,
    CacheSymlinks = 1 << 23,

    /// <summary>As <see cref="NoOpenSupport"/>, for OPENDIR.</summary>
    NoOpenDirSupport = 1 << 24,

    ExplicitInvalData = 1 << 25,
    MapAlignment = 1 << 26,
    SubMounts = 1 << 27,
    HandleKillPrivV2 = 1 << 28,
    SetXattrExt = 1 << 29,

    /// <summary>Bits 32-63 are there.</summary>
    InitExt = 1 << 30,

    SecurityContext = 1ul << 32,
    HasInodeDax = 1ul << 33,
    CreateSuppGroup = 1ul << 34,
    HasExpireOnly = 1ul << 35,
    DirectIoAllowMmap = 1ul << 36,
    Passthrough = 1ul << 37,
    NoExportSupport = 1ul << 38,
    HasResend = 1ul << 39,
    AllowIdMap = 1ul << 40,
    OverIoUring = 1ul << 41,
    RequestTimeout = 1ul << 42,
}
