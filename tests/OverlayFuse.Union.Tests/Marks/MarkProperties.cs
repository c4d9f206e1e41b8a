using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class MarkProperties
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(300);

    // Random bytes hardly ever come near a valid mark, so half of them start as one and are changed in places.
    private static readonly byte[][] Seeds =
    [
        .. new[]
        {
            "79", "00040000", "00080001aabbccdd", "00fb1d00010102030405060708090a0b0c0d0e0f10dec0adde01000000", "2f612f62", "552d31", "6169",
            "0200000001000600ffffffff0400050000000000", "02000000010007000000000002000700e803000004000700000000001000070000000000200005ffffffffff",
        }.Select(Convert.FromHexString),
        "trusted.overlay.overlay.x"u8.ToArray(), ".wh..wh..opq"u8.ToArray(), "user.overlay.y"u8.ToArray(),
    ];

    private static readonly Arbitrary<byte[]> Values = Arb.From(Gen.OneOf(
        ArbMap.Default.GeneratorFor<byte[]>(),
        from seed in Gen.Elements(Seeds)
        from changes in Gen.ListOf(from at in Gen.Choose(0, 63) from value in ArbMap.Default.GeneratorFor<byte>() select (at, value))
        from length in Gen.Choose(0, 70)
        select Change(seed, changes, length)));

    [Test]
    public void No_value_of_a_mark_throws() => Check.One(Config, Prop.ForAll(Values, value =>
    {
        _ = OpaqueMark.Parse(value);
        if (RedirectMark.Parse(value, out _) is Errno.None or Errno.INVAL)
        {
            foreach (var component in RedirectMark.Components(value)) _ = component.Length;
        }
        _ = MetacopyMark.Parse(value, out _, out _, out _);
        _ = OriginMark.Parse(value, out _);
        if (NlinkMark.TryParse(value, out var nlink)) _ = nlink.TryResolve(1, 1, out _);
        _ = ProtattrMark.TryParse(value, out _);
        _ = OciNames.IsWhiteout(value, out _);
        _ = MarkNames.IsPrivate(value);
        _ = MarkNames.Escape(value, new byte[value.Length + 8]);
        _ = MarkNames.TryUnescape(value, new byte[value.Length], out _);
        _ = Acl.TryToMode(value, 0, out _, out _);
        _ = Acl.Inherit(value, 0x1ff, new byte[value.Length], out _, out _);
        _ = Acl.Chmod((byte[])value.Clone(), 0x1ff);
        return true;
    }));

    [Test]
    public void An_escaped_name_is_never_private_and_comes_back() => Check.One(Config, Prop.ForAll(Values, name =>
    {
        var stored = new byte[name.Length + 8];
        var length = MarkNames.Escape(name, stored);
        if (length == name.Length) return stored.AsSpan(0, length).SequenceEqual(name);

        var back = new byte[length];
        return !MarkNames.IsPrivate(stored.AsSpan(0, length))
            && MarkNames.TryUnescape(stored.AsSpan(0, length), back, out var backLength)
            && back.AsSpan(0, backLength).SequenceEqual(name);
    }));

    [Test]
    public void A_redirect_that_is_accepted_names_only_what_is_beneath() => Check.One(Config, Prop.ForAll(Values, value =>
    {
        if (RedirectMark.Parse(value, out _) != Errno.None) return true;
        foreach (var component in RedirectMark.Components(value))
        {
            if (component is [] or [(byte)'.'] or [(byte)'.', (byte)'.'] || component.Contains((byte)'/')) return false;
        }
        return true;
    }));

    private static byte[] Change(byte[] seed, IEnumerable<(int At, byte Value)> changes, int length)
    {
        var value = (byte[])seed.Clone();
        foreach (var (at, b) in changes) value[at % value.Length] = b;
        Array.Resize(ref value, length < 50 ? seed.Length : length);
        return value;
    }
}
