using System.IO.Compression;
using System.Text;
using NUnit.Framework;
using OverlayFuse.Linux;

namespace OverlayFuse.Image.Tests;

/// <summary>Archives that are made to fill the disk or the memory: each stops early with a sentence, and nothing is left.</summary>
public sealed class DecompressionBombTests
{
    private const long TooMuch = 5L << 30;

    [Test]
    public void A_limit_is_for_all_that_comes_of_an_archive_however_it_is_wrapped()
    {
        var limit = new UnpackLimit("bomb.tar.gz", packed: 10, always: 5000, namesAlways: 3);
        limit.Count(3000);
        limit.Count(2000);
        Assert.That(() => limit.Expect(1), Refuses("bomb.tar.gz has 10 bytes and unpacks to more than 5000 bytes: it is made to fill the disk."));
        Assert.That(() => limit.Count(1), Refuses("fill the disk"));
        for (var i = 0; i < 3; i++) limit.CountName();
        Assert.That(limit.CountName, Refuses("more than 3 files"));
    }

    [Test]
    public void Of_a_large_archive_much_may_come()
    {
        var limit = new UnpackLimit("root.tar.gz", packed: 1L << 30);
        Assert.That(() => limit.Count(200L << 30), Throws.Nothing);
        Assert.That(() => limit.Count(1), Refuses("fill the disk"));
    }

    [Test]
    public void A_file_that_is_announced_too_large_is_refused_before_it_is_written()
    {
        using var scratch = new Scratch();
        Pack(scratch["bomb.tar.gz"], Announced(TooMuch));
        Assert.That(() => Import(scratch, "bomb.tar.gz"), Refuses("unpacks to more than 4294967296 bytes"));
        IsEmpty(scratch);
    }

    [Test]
    public void Zeros_behind_the_end_of_an_archive_are_read_for_a_while_only()
    {
        using var scratch = new Scratch();
        Pack(scratch["padded.tar.gz"], Archives.Of(Archives.File("f", "text")), 1 << 20);
        Pack(scratch["bomb.tar.gz"], [], 65 << 20);
        Assert.That(() => Import(scratch, "padded.tar.gz"), Throws.Nothing);
        Assert.That(() => Import(scratch, "bomb.tar.gz"), Refuses("it goes on for more than 67108864 bytes after its end."));
        Assert.That(Store(scratch).All().ToList(), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_packed_layer_in_a_packed_archive_is_measured_by_what_came()
    {
        using var scratch = new Scratch();
        Pack(scratch["layer"], Announced(TooMuch));
        var layer = new byte[64 << 20]; // which 200 times is more than is announced; the zeros behind it pack well
        File.ReadAllBytes(scratch["layer"]).CopyTo(layer, 0);
        var config = $"{{\"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[\"{Digest.Of("x"u8)}\"]}}}}";
        var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        writer.Write(Archives.Entry(TarKind.File, "manifest.json"), """[{"Config":"c","Layers":["l"]}]"""u8);
        writer.Write(Archives.Entry(TarKind.File, "c"), Encoding.ASCII.GetBytes(config));
        writer.Write(Archives.Entry(TarKind.File, "l"), layer);
        Pack(scratch["bomb.tar.gz"], archive.ToArray());
        Assert.That(() => new ImageLoader(Store(scratch)).Load(scratch["bomb.tar.gz"]), Refuses("fill the disk"));
        IsEmpty(scratch);
    }

    [Test]
    public void What_a_registry_sends_is_measured_too()
    {
        using var scratch = new Scratch();
        using var registry = new FakeRegistry();
        using var client = registry.Client();
        Pack(scratch["layer"], Announced(TooMuch));
        var layer = File.ReadAllBytes(scratch["layer"]);
        var config = Encoding.ASCII.GetBytes($"{{\"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[\"{Digest.Of("x"u8)}\"]}}}}");
        foreach (var blob in new[] { layer, config }) registry.Answers[$"/v2/t/web/blobs/{Digest.Of(blob)}"] = blob;
        foreach (var (size, words) in new[] { (layer.Length, "fill the disk"), (long.MaxValue, "a layer has 9223372036854775807 bytes, which is impossible") })
        {
            registry.Answers["/v2/t/web/manifests/1"] = Encoding.ASCII.GetBytes(
                $"{{\"config\":{{\"digest\":\"{Digest.Of(config)}\",\"size\":{config.Length}}},\"layers\":[{{\"digest\":\"{Digest.Of(layer)}\",\"size\":{size}}}]}}");
            Assert.That(() => new ImagePuller(Store(scratch), client).Pull(registry.Reference, out _), Refuses(words));
            IsEmpty(scratch);
        }
    }

    [Test]
    public void Headers_in_a_row_do_not_fill_the_memory()
    {
        var archive = new MemoryStream();
        for (var i = 0; i < 3; i++)
        {
            var record = Encoding.ASCII.GetBytes($"600000 comment={new string('c', 600_000 - 16)}\n");
            Assert.That(record, Has.Length.EqualTo(600_000));
            var header = new byte[512];
            TarHeader.Write(header, new TarEntry { Name = "PaxHeaders/x"u8.ToArray(), Size = record.Length }, (byte)'x');
            archive.Write(header);
            archive.Write(record);
            archive.Write(new byte[-record.Length & 511]);
        }
        Assert.That(() => Archives.Reader(archive.ToArray()).Next(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("headers of 1200000 bytes in a row are too long"));
    }

    [Test]
    public void Directories_that_no_entry_names_are_counted()
    {
        using var scratch = new Scratch();
        Directory.CreateDirectory(scratch["layer"]);
        Syscall.Open(scratch["layer"], OpenFlags.ReadOnly | OpenFlags.Directory, out var root);
        using var applier = new LayerApplier(new DirFd(root.Number));
        var archive = new MemoryStream(Archives.Of(Archives.File("a/b/c", ""), Archives.File("d/e/f", "")));
        var limit = new UnpackLimit("bomb.tar", packed: 10, always: 1 << 20, namesAlways: 5);
        Assert.That(() => applier.Apply(new TarReader(archive, limit)), Refuses("more than 5 files"));
        root.Close();
    }

    private static NUnit.Framework.Constraints.IResolveConstraint Refuses(string words) => Throws.TypeOf<RefusedException>().With.Message.Contains(words);

    private static void IsEmpty(Scratch scratch)
    {
        Assert.That(Store(scratch).All(), Is.Empty);
        Assert.That(Directory.GetFiles(scratch["state/tmp"], "*", SearchOption.AllDirectories), Is.Empty);
        Assert.That(Directory.GetDirectories(scratch["state/overlay2"]).Select(Path.GetFileName), Is.EqualTo(new[] { "l" }));
    }

    private static ImageStore Store(Scratch scratch) => new(StateDirectory.Open(scratch["state"]));

    private static void Import(Scratch scratch, string name) => new RootFsImporter(Store(scratch)).Import(scratch[name], name, null, [], null);

    // The header of a file, and nothing of the file.
    private static byte[] Announced(long size)
    {
        var header = new byte[512];
        var entry = Archives.Entry(TarKind.File, "zeros");
        entry.Size = size;
        TarHeader.Write(header, entry, (byte)'0');
        return header;
    }

    private static void Pack(string path, byte[] content, int zeros = 0)
    {
        using var packed = new GZipStream(File.Create(path), CompressionLevel.Fastest);
        packed.Write(content);
        packed.Write(new byte[zeros]);
    }
}
