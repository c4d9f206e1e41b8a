using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

public sealed class HandshakeTests
{
    private const uint Flags618 = 0x73fffffb; // offered by Linux 6.18
    private const uint Flags2_618 = 0x5fd;

    private static byte[] Offer(uint minor, uint flags, uint? flags2, uint readAhead = 131072)
    {
        var offer = MemoryMarshal.AsBytes([new InitIn { Major = 7, Minor = minor, MaxReadAhead = readAhead, Flags = flags }]).ToArray();
        return flags2 is { } rest ? [.. offer, .. MemoryMarshal.AsBytes([new InitInRest { Flags2 = rest }])] : offer;
    }

    private static (InitOut Answer, Handshake.Agreement Agreement) Agree(byte[] body, SessionOptions options)
    {
        Assert.That(Handshake.TryRead(body, out var offer, out var offered));
        Assert.That(Handshake.Agree(offer, offered, options, 4096, out var answer, out var agreement), Is.EqualTo(Errno.None));
        return (answer, agreement);
    }

    [Test]
    public void A_new_kernel_grants_what_is_wanted_of_both_halves()
    {
        var wanted = InitFlags.Passthrough | InitFlags.DoReadDirPlus | InitFlags.CreateSuppGroup;
        var (answer, agreement) = Agree(Offer(45, Flags618, Flags2_618), new SessionOptions { Wanted = wanted });

        Assert.That(agreement.Granted & wanted, Is.EqualTo(wanted));
        Assert.That(answer.Flags2, Is.EqualTo((uint)((ulong)(InitFlags.Passthrough | InitFlags.CreateSuppGroup | InitFlags.HasExpireOnly | InitFlags.HasResend) >> 32)));
        Assert.That((InitFlags)answer.Flags & InitFlags.InitExt, Is.Not.EqualTo(InitFlags.None), "flags2 only count with INIT_EXT");
        Assert.That(answer.MaxPages, Is.EqualTo(256));
        Assert.That(answer.MaxWrite, Is.EqualTo(1 << 20));
        Assert.That(answer.MaxStackDepth, Is.EqualTo(1));
        Assert.That(answer.Minor, Is.EqualTo(45));
        Assert.That(answer.MaxReadAhead, Is.EqualTo(131072));
    }

    [Test]
    public void A_kernel_of_the_future_is_answered_with_our_version() =>
        Assert.That(Agree(Offer(60, Flags618, Flags2_618), new SessionOptions()).Answer.Minor, Is.EqualTo(45));

    [TestCase(31u)]
    [TestCase(32u)]
    public void Linux_5_10_gets_what_it_knows_and_nothing_of_the_second_half(uint minor)
    {
        const uint Flags510 = 0x03fffffb;
        var options = new SessionOptions { Wanted = InitFlags.WritebackCache | InitFlags.SetXattrExt | InitFlags.Passthrough | InitFlags.HandleKillPrivV2 };
        var (answer, agreement) = Agree(Offer(minor, Flags510, null), options);

        Assert.That(agreement.Granted, Is.EqualTo(InitFlags.WritebackCache | InitFlags.BigWrites | InitFlags.MaxPages | InitFlags.NoOpenSupport | InitFlags.NoOpenDirSupport));
        Assert.That(agreement.Minor, Is.EqualTo(minor));
        Assert.That(answer.Flags2, Is.Zero);
        Assert.That(answer.MaxStackDepth, Is.Zero);
        Assert.That(answer.MaxPages, Is.EqualTo(256));
    }

    [Test]
    public void A_kernel_without_max_pages_writes_at_most_32_pages()
    {
        var (answer, agreement) = Agree(Offer(27, 0x001ffffb, null), new SessionOptions());
        Assert.That(agreement.MaxWrite, Is.EqualTo(128 * 1024));
        Assert.That(answer.MaxWrite, Is.EqualTo(128 * 1024));
        Assert.That(answer.MaxPages, Is.Zero);
    }

    [Test]
    public void The_writeback_cache_excludes_passthrough()
    {
        var options = new SessionOptions { Wanted = InitFlags.WritebackCache | InitFlags.Passthrough };
        var granted = Agree(Offer(45, Flags618, Flags2_618), options).Agreement.Granted;
        Assert.That(granted & InitFlags.WritebackCache, Is.Not.EqualTo(InitFlags.None));
        Assert.That(granted & InitFlags.Passthrough, Is.EqualTo(InitFlags.None));
    }

    [Test]
    public void The_second_half_does_not_count_without_init_ext() =>
        Assert.That(Agree(Offer(45, Flags618 & ~(1u << 30), uint.MaxValue), new SessionOptions { Wanted = InitFlags.Passthrough }).Agreement.Granted & InitFlags.Passthrough, Is.EqualTo(InitFlags.None));

    [TestCase(6u, 40u)]
    [TestCase(7u, 22u)]
    public void A_protocol_too_old_is_refused(uint major, uint minor)
    {
        var offer = new InitIn { Major = major, Minor = minor };
        Assert.That(Handshake.Agree(offer, InitFlags.None, new SessionOptions(), 4096, out _, out _), Is.EqualTo(Errno.PROTO));
    }

    [Test]
    public void A_cut_off_offer_is_not_read() => Assert.That(Handshake.TryRead(new byte[15], out _, out _), Is.False);
}
