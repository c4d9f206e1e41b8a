using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;

namespace OverlayFuse.Fuse.Tests;

public sealed class WireTests
{
    private static IEnumerable<TestCaseData> Sizes()
    {
        yield return Size<InHeader>(40);
        yield return Size<OutHeader>(16);
        yield return Size<ExtensionHeader>(8);
        yield return Size<InitIn>(16);
        yield return Size<InitInRest>(48);
        yield return Size<InitOut>(64);
        yield return Size<ForgetOne>(16);
        yield return Size<BatchForgetIn>(8);
        yield return Size<Attributes>(88);
        yield return Size<EntryOut>(128);
        yield return Size<AttrOut>(104);
        yield return Size<GetAttrIn>(16);
        yield return Size<SetAttrIn>(88);
        yield return Size<StatxIn>(24);
        yield return Size<StatxTime>(16);
        yield return Size<StatxOut>(288);
        yield return Size<StatFsOut>(80);
        yield return Size<MknodIn>(16);
        yield return Size<MkdirIn>(8);
        yield return Size<Rename2In>(16);
        yield return Size<CreateIn>(16);
        yield return Size<CreateOut>(144);
        yield return Size<DirectoryEntry>(24);
        yield return Size<DirectoryEntryPlus>(152);
        yield return Size<OpenIn>(8);
        yield return Size<OpenOut>(16);
        yield return Size<ReleaseIn>(24);
        yield return Size<FlushIn>(24);
        yield return Size<TransferIn>(40);
        yield return Size<FSyncIn>(16);
        yield return Size<FallocateIn>(32);
        yield return Size<LSeekIn>(24);
        yield return Size<CopyFileRangeIn>(56);
        yield return Size<LockRange>(24);
        yield return Size<LockIn>(48);
        yield return Size<IoctlIn>(32);
        yield return Size<IoctlOut>(16);
        yield return Size<PollIn>(24);
        yield return Size<BlockMapIn>(16);
        yield return Size<SetXattrIn>(8);
        yield return Size<SetXattrInRest>(8);
        yield return Size<OneNumber>(8);
        yield return Size<InvalidateInodeOut>(24);
        yield return Size<InvalidateEntryOut>(16);
        yield return Size<DeleteOut>(24);
        yield return Size<PruneOut>(16);

        static TestCaseData Size<T>(int size) => new TestCaseData(Unsafe.SizeOf<T>(), size).SetName($"{typeof(T).Name}_has_{size}_bytes");
    }

    [TestCaseSource(nameof(Sizes))]
    public void A_struct_has_the_size_of_the_kernels(int ours, int kernels) => Assert.That(ours, Is.EqualTo(kernels));

    [Test]
    public void Fields_of_init_out_stand_where_the_header_says()
    {
        var init = new InitOut
        {
            Major = 1,
            Minor = 2,
            MaxReadAhead = 3,
            Flags = 4,
            MaxBackground = 5,
            CongestionThreshold = 6,
            MaxWrite = 7,
            TimeGranularity = 8,
            MaxPages = 9,
            MapAlignment = 10,
            Flags2 = 11,
            MaxStackDepth = 12,
            RequestTimeout = 13,
        };
        Assert.That(Convert.ToHexString(MemoryMarshal.AsBytes([init])).ToLowerInvariant(), Is.EqualTo(
            "01000000" + "02000000" + "03000000" + "04000000" + "0500" + "0600" + "07000000" + "08000000" + "0900" + "0a00"
            + "0b000000" + "0c000000" + "0d00" + new string('0', 44)));
    }

    [Test]
    public void Fields_of_statx_out_stand_where_the_header_says()
    {
        var extended = new ExtendedAttributes
        {
            Attributes = new Attributes { Inode = 0x11, Size = 0x22, Mode = 0x81a4, Rdev = DeviceNumber.Encode(8, 1), ModifySeconds = 0x33 },
            Timeout = TimeSpan.FromSeconds(1),
            HasBirthTime = true,
            BirthTime = new Linux.Timestamp(0x44, 0x55),
        };
        var bytes = MemoryMarshal.AsBytes([StatxOut.From(extended)]);

        Assert.That(MemoryMarshal.Read<ulong>(bytes), Is.EqualTo(1));
        var statx = bytes[32..];
        Assert.That(MemoryMarshal.Read<uint>(statx), Is.EqualTo(0xfff), "stx_mask");
        Assert.That(MemoryMarshal.Read<ushort>(statx[0x1c..]), Is.EqualTo(0x81a4), "stx_mode");
        Assert.That(MemoryMarshal.Read<ulong>(statx[0x20..]), Is.EqualTo(0x11), "stx_ino");
        Assert.That(MemoryMarshal.Read<ulong>(statx[0x28..]), Is.EqualTo(0x22), "stx_size");
        Assert.That(MemoryMarshal.Read<ulong>(statx[0x50..]), Is.EqualTo(0x44), "stx_btime");
        Assert.That(MemoryMarshal.Read<ulong>(statx[0x70..]), Is.EqualTo(0x33), "stx_mtime");
        Assert.That(MemoryMarshal.Read<uint>(statx[0x80..]), Is.EqualTo(8), "stx_rdev_major");
    }

    [TestCase(0u, 0u)]
    [TestCase(8u, 1u)]
    [TestCase(4095u, 0xfffffu)]
    public void A_device_number_survives_the_wire(uint major, uint minor) =>
        Assert.That(DeviceNumber.Decode(DeviceNumber.Encode(major, minor)), Is.EqualTo((major, minor)));

    [Test]
    public void A_time_is_split_into_seconds_and_nanoseconds()
    {
        Assert.That(Validity.Split(TimeSpan.FromMilliseconds(1500)), Is.EqualTo((1ul, 500_000_000u)));
        Assert.That(Validity.Split(TimeSpan.FromSeconds(-1)), Is.EqualTo((0ul, 0u)));
        Assert.That(Validity.Split(Entry.Forever), Is.EqualTo((1ul << 30, 0u)));
    }
}
