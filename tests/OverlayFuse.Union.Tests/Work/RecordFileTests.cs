using System.Buffers;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

internal class RecordFileTests
{
    private const string Golden = "6f667573652d7431" + "0c5a6e5b" + "0300" + "616263" + "c63d643e" + "0100" + "78";

    private Scratch _scratch = null!;

    private string File => $"{_scratch.Path}/work/file";

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public void The_form_is_a_magic_and_framed_records()
    {
        Assert.That(Load(), Is.EqualTo(""));
        Add("abc", "x");
        Assert.That(Convert.ToHexStringLower(System.IO.File.ReadAllBytes(File)), Is.EqualTo(Golden));
        Assert.That(Load(), Is.EqualTo("abc x"));
    }

    [Test]
    public void The_checksum_is_crc_32c() => Assert.That(Crc32C.Of("123456789"u8), Is.EqualTo(0xe3069283));

    [Test]
    public void A_file_cut_off_anywhere_keeps_its_whole_records_and_grows_on()
    {
        var whole = Convert.FromHexString(Golden);
        for (var length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            Assert.That(Load(), Is.EqualTo(length >= 17 ? "abc" : ""), $"cut off after {length} bytes");
            Add("x");
            Assert.That(Load(), Is.EqualTo(length >= 17 ? "abc x" : "x"), $"cut off after {length} bytes");
        }
    }

    [Test]
    public void A_changed_byte_ends_the_file_before_its_record([Range(8, 23)] int at)
    {
        var bytes = Convert.FromHexString(Golden);
        bytes[at] ^= 0x40;
        System.IO.File.WriteAllBytes(File, bytes);
        Assert.That(Load(), Is.EqualTo(at < 17 ? "" : "abc"));
    }

    [Test]
    public void A_file_of_zeros_after_a_power_cut_begins_again()
    {
        System.IO.File.WriteAllBytes(File, new byte[17]);
        Assert.That(Load(), Is.EqualTo(""));
        Add("x");
        Assert.That(Load(), Is.EqualTo("x"));
    }

    [Test]
    public void Blocks_of_zeros_after_a_power_cut_are_no_records()
    {
        System.IO.File.WriteAllBytes(File, [.. Convert.FromHexString(Golden), .. new byte[4096]]);
        Assert.That(Load(), Is.EqualTo("abc x"));
        Assert.That(new FileInfo(File).Length, Is.EqualTo(Golden.Length / 2));
    }

    [Test]
    public void A_file_of_another_format_is_refused_and_left_alone()
    {
        System.IO.File.WriteAllText(File, "ofuse-t2 something");
        Assert.That(RecordFile.Open(_scratch.Work, "file"u8, "ofuse-t1"u8, out _, out _), Is.EqualTo(Errno.PROTONOSUPPORT));
        Assert.That(System.IO.File.ReadAllText(File), Is.EqualTo("ofuse-t2 something"));
    }

    [Test]
    public void Replacing_puts_other_records_in_place_of_all_and_the_file_grows_on()
    {
        Load();
        Add("abc", "x");
        Assert.That(RecordFile.Open(_scratch.Work, "file"u8, "ofuse-t1"u8, out var file, out _), Is.EqualTo(Errno.None));
        var records = new ArrayBufferWriter<byte>();
        RecordFile.Append(records, "new"u8);
        Assert.That(file.Replace(records.WrittenSpan), Is.EqualTo(Errno.None));
        Assert.That(file.Append("er"u8), Is.EqualTo(Errno.None));
        Assert.That(file.Sync(), Is.EqualTo(Errno.None));
        file.Dispose();
        Assert.That(Load(), Is.EqualTo("new er"));
        Assert.That(Directory.GetFiles($"{_scratch.Path}/work"), Is.EqualTo([File]));
    }

    [Test]
    public void A_long_record_is_kept()
    {
        Load();
        Add(new string('l', 5000), "x");
        Assert.That(Load(), Is.EqualTo(new string('l', 5000) + " x"));
    }

    private string Load()
    {
        Assert.That(RecordFile.Open(_scratch.Work, "file"u8, "ofuse-t1"u8, out var file, out var records), Is.EqualTo(Errno.None));
        file.Dispose();
        var found = new List<string>();
        while (records.MoveNext()) found.Add(System.Text.Encoding.Latin1.GetString(records.Current));
        return string.Join(' ', found);
    }

    private void Add(params string[] records)
    {
        Assert.That(RecordFile.Open(_scratch.Work, "file"u8, "ofuse-t1"u8, out var file, out _), Is.EqualTo(Errno.None));
        foreach (var record in records) Assert.That(file.Append(System.Text.Encoding.Latin1.GetBytes(record)), Is.EqualTo(Errno.None));
        file.Dispose();
    }
}
