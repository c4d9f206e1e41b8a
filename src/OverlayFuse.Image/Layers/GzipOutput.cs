using System.IO.Compression;

namespace OverlayFuse.Image;

/// <summary>What was packed by gzip, whole or not at all: the library notices a missing end only where System.IO.Compression.UseStrictValidation is set.</summary>
internal sealed class GzipOutput(Stream packed) : OneWayStream
{
    private readonly GZipStream _content = new(packed, CompressionMode.Decompress);

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _content.Read(buffer);
        }
        catch (InvalidDataException)
        {
            throw new InvalidDataException("what gzip has packed is damaged, or cut short");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) _content.Dispose();
        base.Dispose(disposing);
    }
}
