using System.Buffers.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union;

/// <summary>Which run of the kernel this is. What the page cache held is there as long as it is the same; after another boot, only what was synced.</summary>
internal readonly record struct BootId(Guid Value)
{
    public const int Size = 16;

    private const int TextLength = 36;

    /// <summary>That of the running kernel (random(4)). Where it cannot be read, one that no boot has: then only what was synced counts.</summary>
    public static BootId Current()
    {
        Span<byte> text = stackalloc byte[TextLength + 1];
        if (Syscall.Open("/proc/sys/kernel/random/boot_id", OpenFlags.ReadOnly, out var file) != Errno.None) return new BootId(Guid.NewGuid());
        var error = Syscall.PRead(file, text, 0, out var count);
        file.Close();
        return error == Errno.None && count >= TextLength && Utf8Parser.TryParse(text[..TextLength], out Guid id, out _) ? new BootId(id) : new BootId(Guid.NewGuid());
    }

    public static BootId Read(ReadOnlySpan<byte> from) => new(new Guid(from[..Size], bigEndian: true));

    public void Write(Span<byte> to) => Value.TryWriteBytes(to, bigEndian: true, out _);
}
