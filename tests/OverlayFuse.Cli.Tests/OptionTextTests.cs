using System.Text;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;

namespace OverlayFuse.Cli.Tests;

public sealed class OptionTextTests
{
    [TestCase("a,b=1,c", "a|b=1|c")]
    [TestCase("", "")]
    [TestCase(",,a,,b,", "a|b", Description = "container tools write empty elements")]
    [TestCase("upperdir=/a\\,b,ro", "upperdir=/a\\,b|ro")]
    [TestCase("upperdir=/a\\\\,ro", "upperdir=/a\\\\|ro", Description = "an escaped backslash does not escape the comma behind it")]
    [TestCase("lowerdir=/a=b:/c", "lowerdir=/a=b:/c", Description = "only the first = parts name and value")]
    [TestCase("context=\"s0:c1,c2\",ro", "context=\"s0:c1,c2\"|ro")]
    [TestCase("rootcontext=\"s0:c1,c2\"", "rootcontext=\"s0:c1,c2\"")]
    [TestCase("context=\"s0:c1,c2", "context=\"s0:c1|c2", Description = "a quote that is never closed is an ordinary byte")]
    [TestCase("upperdir=/\"a,ro,workdir=/b\"", "upperdir=/\"a|ro|workdir=/b\"", Description = "quotes in paths are ordinary bytes")]
    [TestCase("upperdir=/context=\"a,ro", "upperdir=/context=\"a|ro")]
    public void Elements_stand_between_commas(string text, string expected) =>
        Assert.That(string.Join('|', OptionText.Elements(Bytes(text))), Is.EqualTo(expected));

    [TestCase("/a", "/a")]
    [TestCase("/a:/b:/c", "/a|/b|/c")]
    [TestCase("/a\\:b:/c", "/a:b|/c")]
    [TestCase("/a\\,b:/c", "/a,b|/c")]
    [TestCase("/a\\\\:/c", "/a\\|/c")]
    [TestCase("/a::/b", "/a||/b")]
    [TestCase("/a:", "/a|")]
    [TestCase("/a\\", "/a\\", Description = "a backslash at the end stands for itself")]
    public void Layers_stand_between_colons(string value, string expected) =>
        Assert.That(string.Join('|', OptionText.Layers(Bytes(value)).Select(Encoding.Latin1.GetString)), Is.EqualTo(expected));

    [Test]
    public void Any_list_of_paths_survives_escaping_whatever_bytes_they_hold() =>
        Prop.ForAll<byte[][]>(paths =>
        {
            var layers = paths.Where(path => path is { Length: > 0 }).ToArray();
            if (layers.Length == 0) return true;
            byte[] text = [.. "ro,lowerdir="u8, .. Escape(layers), .. ",volatile"u8];
            var element = OptionText.Elements(text).Single(candidate => candidate.Name == "lowerdir");
            return OptionText.Layers(element.RawValue).Select(Convert.ToHexString).SequenceEqual(layers.Select(Convert.ToHexString));
        }).QuickCheckThrowOnFailure();

    [Test]
    public void No_bytes_make_the_reader_fail() =>
        Prop.ForAll<byte[]>(text =>
        {
            foreach (var element in OptionText.Elements(text ?? []))
            {
                OptionText.Layers(element.RawValue);
                OptionText.Unescape(element.RawValue);
            }
            return true;
        }).QuickCheckThrowOnFailure();

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static byte[] Escape(byte[][] layers)
    {
        var text = new List<byte>();
        foreach (var layer in layers)
        {
            if (text.Count > 0) text.Add((byte)':');
            foreach (var b in layer)
            {
                if (b is (byte)':' or (byte)',' or (byte)'\\') text.Add((byte)'\\');
                text.Add(b);
            }
        }
        return [.. text];
    }
}
