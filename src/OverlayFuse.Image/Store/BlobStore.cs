using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>Configurations and layer archives as they came, by digest: image/blobs/sha256/HEX. What is there is whole and right.</summary>
public sealed class BlobStore(StateDirectory state)
{
    private readonly string _directory = Path.Combine(state.Image, "blobs", "sha256");

    public string PathOf(Digest digest) => Path.Combine(_directory, digest.Hex);

    public bool Has(Digest digest) => File.Exists(PathOf(digest));

    public Digest Put(ReadOnlySpan<byte> content)
    {
        var digest = Digest.Of(content);
        Directory.CreateDirectory(_directory);
        if (!Has(digest)) AtomicFile.Write(PathOf(digest), content);
        return digest;
    }

    /// <summary>Takes over a file whose digest is known to be right. The file is moved.</summary>
    public void Adopt(string file, Digest digest)
    {
        Directory.CreateDirectory(_directory);
        if (Has(digest)) return;
        if (Syscall.Open(file, OpenFlags.ReadOnly, out var opened) == Errno.None)
        {
            _ = Syscall.FSync(opened);
            opened.Close();
        }
        File.Move(file, PathOf(digest), overwrite: true);
    }

    /// <exception cref="RefusedException">It is not there.</exception>
    public byte[] Read(Digest digest) =>
        AtomicFile.Read(PathOf(digest)) ?? throw new RefusedException($"{PathOf(digest)} is missing: somebody removed it by hand. Remove the image and load it again.");

    public void Remove(Digest digest) => File.Delete(PathOf(digest));

    /// <summary>The digests of all that is there.</summary>
    public IEnumerable<Digest> All() => Directory.Exists(_directory)
        ? Directory.EnumerateFiles(_directory).Select(path => Digest.FromHex(Path.GetFileName(path))).OfType<Digest>()
        : [];
}
