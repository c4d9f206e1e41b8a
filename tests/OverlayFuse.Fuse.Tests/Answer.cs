using System.Runtime.InteropServices;
using OverlayFuse.Fuse.Wire;
using OverlayFuse.Linux;

namespace OverlayFuse.Fuse.Tests;

/// <summary>An answer taken apart, as the kernel would.</summary>
internal sealed class Answer
{
    public Answer(ReadOnlySpan<byte> bytes)
    {
        IsSilent = bytes.IsEmpty;
        if (IsSilent) return;

        var header = MemoryMarshal.Read<OutHeader>(bytes);
        Assert.That(header.Length, Is.EqualTo(bytes.Length), "the answer tells its own length");
        Assert.That(header.Error, Is.InRange(-511, 0));
        Error = (Errno)(-header.Error);
        Unique = header.Unique;
        Body = bytes[Exchange.AnswerHeaderSize..].ToArray();
        if (Error != Errno.None) Assert.That(Body, Is.Empty, "an error has no body");
    }

    public bool IsSilent { get; }

    public Errno Error { get; }

    public ulong Unique { get; }

    public byte[] Body { get; } = [];

    public T As<T>() where T : unmanaged
    {
        Assert.That(Error, Is.EqualTo(Errno.None));
        Assert.That(Body, Has.Length.EqualTo(Marshal.SizeOf<T>()));
        return MemoryMarshal.Read<T>(Body);
    }
}
