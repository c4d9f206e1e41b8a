using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Image.Tests;

public sealed class TarTests
{
    [Test]
    public void An_entry_comes_back_as_it_was_written_with_names_of_any_bytes_and_attributes()
    {
        var entry = Archives.Entry(TarKind.File, new string('d', 150) + "/\xff\xfe" + new string('n', 120));
        entry.Uid = 3_000_000;
        entry.Mode = 0xfff;
        entry.ModifyTime = new Timestamp(-5, 250_000_000);
        entry.Xattrs.Add(("user.a"u8.ToArray(), [0, 1, 10, 255]));
        var reader = Archives.Reader(Archives.Of((entry, "text"), Archives.File("next", "")));

        var back = reader.Next()!;
        Assert.That(back.Name, Is.EqualTo(entry.Name));
        Assert.That((back.Uid, back.Mode, back.ModifyTime, back.Size), Is.EqualTo((3_000_000u, 0xfffu, entry.ModifyTime, 4L)));
        Assert.That(back.Xattrs.Single().Value, Is.EqualTo(new byte[] { 0, 1, 10, 255 }));
        Assert.That(Encoding.ASCII.GetString(reader.ReadAll(100)), Is.EqualTo("text"));
        Assert.That(reader.Next()!.Name, Is.EqualTo("next"u8.ToArray()));
        Assert.That(reader.Next(), Is.Null);
    }

    [TestCase("user.a=b")]
    [TestCase("user.100%")]
    [TestCase("user.%3D=%25")]
    public void Attributes_have_names_with_equals_signs_as_GNU_tar_writes_them(string name)
    {
        var (entry, _) = Archives.File("f", "");
        entry.Xattrs.Add((Encoding.ASCII.GetBytes(name), "=value="u8.ToArray()));
        var archive = Archives.Of((entry, ""));
        var back = Archives.Reader(archive).Next()!.Xattrs.Single();
        Assert.That((Encoding.ASCII.GetString(back.Name), Encoding.ASCII.GetString(back.Value)), Is.EqualTo((name, "=value=")));
        Assert.That(Encoding.ASCII.GetString(archive), Does.Contain($"SCHILY.xattr.{name.Replace("%", "%25", StringComparison.Ordinal).Replace("=", "%3D", StringComparison.Ordinal)}==value=\n"));
    }

    [TestCase(0u, "root")]
    [TestCase(33u, "")]
    [TestCase(3_000_000u, "")]
    public void Root_is_called_by_name_where_people_read_the_archive(uint id, string name)
    {
        var entry = Archives.Entry(TarKind.File, "f");
        (entry.Uid, entry.Gid) = (id, id);
        var archive = new MemoryStream();
        new TarWriter(archive) { NamesRoot = true }.Write(entry, []);
        var header = archive.ToArray().AsSpan()[^512..];
        Assert.That((Encoding.ASCII.GetString(header.Slice(265, 32)).TrimEnd('\0'), Encoding.ASCII.GetString(header.Slice(297, 32)).TrimEnd('\0')), Is.EqualTo((name, name)));
    }

    [Test]
    public void Content_that_is_not_read_is_skipped()
    {
        var reader = Archives.Reader(Archives.Of(Archives.File("a", new string('x', 5000)), Archives.File("b", "second")));
        reader.Next();
        Assert.That(reader.Next()!.Name, Is.EqualTo("b"u8.ToArray()));
        Assert.That(Encoding.ASCII.GetString(reader.ReadAll(100)), Is.EqualTo("second"));
    }

    [Test]
    public void What_GNU_tar_writes_is_read_long_names_and_large_numbers_included()
    {
        using var scratch = new Scratch();
        var name = new string('g', 180);
        File.WriteAllText(scratch[name], "long");
        Assert.That(Tar($"--format=gnu --owner=5000000 --group=0 -C {scratch.Path} -cf {scratch["t.tar"]} {name}"), Is.Zero);

        using var file = File.OpenRead(scratch["t.tar"]);
        var reader = new TarReader(file);
        var entry = reader.Next()!;
        Assert.That((Encoding.ASCII.GetString(entry.Name), entry.Uid), Is.EqualTo((name, 5_000_000u)));
        Assert.That(Encoding.ASCII.GetString(reader.ReadAll(100)), Is.EqualTo("long"));
    }

    [TestCase("", false)]
    [TestCase("x", false)]
    [TestCase("zeros", false)]
    [TestCase("", true)]
    [TestCase("x", true)]
    [TestCase("zeros", true)]
    public void A_name_that_a_header_cuts_behind_a_slash_is_that_of_a_file(string content, bool isOfGnuTar)
    {
        if (content == "zeros") content = new string('\0', 600);
        using var scratch = new Scratch();
        var name = new string('d', 99) + "/f";
        var archive = Archives.Of(Archives.File(name, content), Archives.File("next", ""));
        if (isOfGnuTar)
        {
            Directory.CreateDirectory(scratch[name[..99]]);
            File.WriteAllText(scratch[name], content);
            File.WriteAllText(scratch["next"], "");
            Assert.That(Tar($"--format=gnu -C {scratch.Path} -cf {scratch["t.tar"]} {name} next"), Is.Zero);
            archive = File.ReadAllBytes(scratch["t.tar"]);
        }
        var reader = Archives.Reader(archive);
        var entry = reader.Next()!;
        Assert.That((entry.Kind, Encoding.ASCII.GetString(entry.Name), Encoding.ASCII.GetString(reader.ReadAll(1000))), Is.EqualTo((TarKind.File, name, content)));
        Assert.That(reader.Next()?.Name, Is.EqualTo("next"u8.ToArray()));
        if (!isOfGnuTar) Assert.That(archive.AsSpan(2 * 512, 100).ToArray(), Is.EqualTo(Encoding.ASCII.GetBytes(name[..99] + "\0")));
    }

    [Test]
    public void An_old_header_without_a_type_is_that_of_a_directory_where_the_name_ends_in_a_slash()
    {
        var block = new byte[512];
        TarHeader.Write(block, new TarEntry { Name = "old/"u8.ToArray() }, 0);
        Assert.That(new TarReader(new MemoryStream(block)).Next()!.Kind, Is.EqualTo(TarKind.Directory));
    }

    [Test]
    public void GNU_tar_reads_what_we_write()
    {
        using var scratch = new Scratch();
        File.WriteAllBytes(scratch["t.tar"], Archives.Of(Archives.Directory("d/"), Archives.File("d/" + new string('n', 140), "content"), Archives.Link(TarKind.SymbolicLink, "d/s", "target")));
        Directory.CreateDirectory(scratch["out"]);
        Assert.That(Tar($"-C {scratch["out"]} -xf {scratch["t.tar"]}"), Is.Zero);
        Assert.That(File.ReadAllText(scratch["out/d/" + new string('n', 140)]), Is.EqualTo("content"));
        Assert.That(new FileInfo(scratch["out/d/s"]).LinkTarget, Is.EqualTo("target"));
    }

    [Test]
    public void An_archive_cut_anywhere_is_refused_or_ends_but_is_never_read_past_its_end()
    {
        var whole = Archives.Of(Archives.File("a", "some content"), Archives.File("b", new string('y', 700)));
        for (var length = 1; length < 2500; length += 97)
        {
            var reader = Archives.Reader(whole[..length]);
            try
            {
                while (reader.Next() is { } entry) reader.ReadAll(1000);
                Assert.That(length % 512, Is.Zero, $"cut at {length} and taken for whole");
            }
            catch (InvalidDataException e)
            {
                Assert.That(e.Message, Does.Contain("ends in the middle"));
            }
        }
    }

    [Test]
    public void A_packed_archive_that_is_cut_between_two_entries_is_refused()
    {
        using var scratch = new Scratch();
        var (archive, packed) = (Archives.Of(Archives.File("a", "1"), Archives.File("b", "2")), new MemoryStream());
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(archive.AsSpan(0, 1024));
            gzip.Flush(); // up to here it can be unpacked by itself
            File.WriteAllBytes(scratch["cut.tgz"], packed.ToArray());
            gzip.Write(archive.AsSpan(1024));
        }
        File.WriteAllBytes(scratch["whole.tgz"], packed.ToArray());
        Assert.That(Names(scratch["whole.tgz"]), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(() => Names(scratch["cut.tgz"]), Throws.TypeOf<InvalidDataException>().With.Message.Contains("cut short"));
    }

    [TestCase(0, (byte)'X', "checksum")]
    [TestCase(124, (byte)'9', "checksum")]
    public void A_header_that_was_changed_is_refused(int at, byte value, string reason)
    {
        var archive = Archives.Of(Archives.File("a", "1"));
        archive[at] = value;
        Assert.That(() => Archives.Reader(archive).Next(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(reason));
    }

    [Test]
    public void A_header_that_claims_to_be_huge_is_refused_before_it_is_read()
    {
        var block = new byte[512];
        TarHeader.Write(block, new TarEntry { Name = "p"u8.ToArray(), Size = 1L << 32 }, (byte)'x');
        Assert.That(() => new TarReader(new MemoryStream(block)).Next(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("too long"));
    }

    private static List<string> Names(string path)
    {
        using var content = Compression.Open(path);
        var (reader, names) = (new TarReader(content), new List<string>());
        while (reader.Next() is { } entry) names.Add(Encoding.ASCII.GetString(entry.Name));
        return names;
    }

    private static int Tar(string arguments)
    {
        using var process = System.Diagnostics.Process.Start("tar", arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
