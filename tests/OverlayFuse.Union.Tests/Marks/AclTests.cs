using System.Buffers.Binary;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class AclTests
{
    // "u:PERM" owner, "u1000:PERM" a user, "g:PERM", "g50:PERM", "m:PERM", "o:PERM"; permissions as a digit.
    private const string Minimal = "u:7 g:5 o:5";
    private const string Extended = "u:7 u1000:6 g:5 m:7 o:4";

    [TestCase(Minimal, "666", "644", "")]
    [TestCase(Minimal, "777", "755", "")]
    [TestCase(Minimal, "4700", "4700", "")]
    [TestCase(Extended, "777", "774", Extended)]
    [TestCase(Extended, "640", "640", "u:6 u1000:6 g:5 m:4 o:0")]
    [TestCase(Extended, "000", "000", "u:0 u1000:6 g:5 m:0 o:0")]
    [TestCase("u:7 g:5 m:3 o:1", "777", "731", "u:7 g:5 m:3 o:1")]
    [TestCase("u:7 g:0 g50:7 m:7 o:0", "2777", "2770", "u:7 g:0 g50:7 m:7 o:0")]
    public void A_default_acl_and_a_mode_cut_each_other_down(string acl, string mode, string newMode, string access)
    {
        var bytes = Make(acl);
        var buffer = new byte[bytes.Length];
        Assert.That(Acl.Inherit(bytes, Octal(mode), buffer, out var length, out var result), Is.EqualTo(Errno.None));
        Assert.That(Convert.ToString(result, 8), Is.EqualTo(Convert.ToString(Octal(newMode), 8)));
        Assert.That(buffer[..length], Is.EqualTo(access.Length == 0 ? [] : Make(access)));
    }

    [TestCase(Minimal, "0", "755", true)]
    [TestCase(Minimal, "6022", "6755", true)]
    [TestCase(Extended, "0", "774", false)]
    [TestCase("u:6 g:7 m:1 o:0", "0", "610", false, Description = "the group bits are the mask")]
    public void An_access_acl_brings_a_mode(string acl, string mode, string newMode, bool equivalent)
    {
        Assert.That(Acl.TryToMode(Make(acl), Octal(mode), out var result, out var isEquivalent), Is.True);
        Assert.That(Convert.ToString(result, 8), Is.EqualTo(newMode));
        Assert.That(isEquivalent, Is.EqualTo(equivalent));
    }

    [TestCase(Minimal, "640", "u:6 g:4 o:0")]
    [TestCase(Extended, "2610", "u:6 u1000:6 g:5 m:1 o:0")]
    public void Chmod_changes_the_mask_where_there_is_one(string acl, string mode, string changed)
    {
        var bytes = Make(acl);
        Assert.That(Acl.Chmod(bytes, Octal(mode)), Is.EqualTo(Errno.None));
        Assert.That(bytes, Is.EqualTo(Make(changed)));
    }

    [Test]
    public void The_form_is_that_of_the_attribute() => Assert.That(
        Convert.ToHexStringLower(Make(Extended)),
        Is.EqualTo("02000000" + "01000700ffffffff" + "02000600e8030000" + "04000500ffffffff" + "10000700ffffffff" + "20000400ffffffff"));

    [Test]
    public void A_list_without_entries_is_no_list()
    {
        byte[] none = [2, 0, 0, 0];
        Assert.That(Acl.TryToMode(none, 0x1a4, out var mode, out var equivalent), Is.True);
        Assert.That((mode, equivalent), Is.EqualTo((0x1a4u, true)));
        Assert.That(Acl.Inherit(none, 0x1a4, [], out var length, out mode), Is.EqualTo(Errno.None));
        Assert.That((mode, length), Is.EqualTo((0x1a4u, 0)));
    }

    [TestCase("")]
    [TestCase("020000")]
    [TestCase("01000000" + "01000700ffffffff" + "04000500ffffffff" + "20000400ffffffff", Description = "another version")]
    [TestCase("02000000" + "01000700ffffffff" + "04000500ffffffff" + "20000400ffffff", Description = "cut off")]
    [TestCase("02000000" + "01000700ffffffff" + "04000500ffffffff", Description = "no others")]
    [TestCase("02000000" + "01000700ffffffff" + "20000400ffffffff", Description = "no group")]
    [TestCase("02000000" + "04000500ffffffff" + "01000700ffffffff" + "20000400ffffffff", Description = "out of order")]
    [TestCase("02000000" + "01000700ffffffff" + "01000700ffffffff" + "04000500ffffffff" + "20000400ffffffff", Description = "two owners")]
    [TestCase("02000000" + "01000700ffffffff" + "02000600e8030000" + "04000500ffffffff" + "20000400ffffffff", Description = "a user, no mask")]
    [TestCase("02000000" + "01000700ffffffff" + "02000600ffffffff" + "04000500ffffffff" + "10000700ffffffff" + "20000400ffffffff", Description = "a user of no id")]
    [TestCase("02000000" + "01000800ffffffff" + "04000500ffffffff" + "20000400ffffffff", Description = "a permission that is none")]
    [TestCase("02000000" + "03000700ffffffff" + "04000500ffffffff" + "20000400ffffffff", Description = "a tag that is none")]
    public void A_malformed_acl_is_refused(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.That(Acl.TryToMode(bytes, 0, out _, out _), Is.False);
        Assert.That(Acl.Inherit(bytes, 0, new byte[bytes.Length], out _, out _), Is.EqualTo(Errno.INVAL));
        Assert.That(Acl.Chmod(bytes, 0), Is.EqualTo(Errno.INVAL));
    }

    internal static byte[] Make(string acl)
    {
        var entries = acl.Split(' ');
        var bytes = new byte[4 + (8 * entries.Length)];
        bytes[0] = 2;
        for (var i = 0; i < entries.Length; i++)
        {
            var (who, permissions) = (entries[i].Split(':')[0], entries[i].Split(':')[1]);
            var hasId = who.Length > 1;
            ushort tag = who[0] switch
            {
                'u' => (ushort)(hasId ? 2 : 1),
                'g' => (ushort)(hasId ? 8 : 4),
                'm' => 0x10,
                _ => 0x20,
            };
            var entry = bytes.AsSpan(4 + (8 * i));
            BinaryPrimitives.WriteUInt16LittleEndian(entry, tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], ushort.Parse(permissions));
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], hasId ? uint.Parse(who[1..]) : uint.MaxValue);
        }
        return bytes;
    }

    /// <summary>An attribute as <see cref="Make"/> reads it.</summary>
    internal static string Show(ReadOnlySpan<byte> bytes)
    {
        var entries = new List<string>();
        for (var at = 4; at + 8 <= bytes.Length; at += 8)
        {
            var id = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at + 4)..]);
            var who = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]) switch { 1 => "u", 2 => $"u{id}", 4 => "g", 8 => $"g{id}", 0x10 => "m", _ => "o" };
            entries.Add($"{who}:{BinaryPrimitives.ReadUInt16LittleEndian(bytes[(at + 2)..])}");
        }
        return string.Join(' ', entries);
    }

    private static uint Octal(string mode) => Convert.ToUInt32(mode, 8);
}
