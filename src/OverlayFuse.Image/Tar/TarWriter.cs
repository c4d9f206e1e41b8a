using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>Writes an archive: ustar headers, with a pax header before each entry that does not fit into one.</summary>
public sealed class TarWriter(Stream archive)
{
    private readonly byte[] _block = new byte[TarHeader.BlockSize];

    /// <summary>User and group 0 are called root, for who reads the archive; names go before numbers there.</summary>
    public bool NamesRoot { get; init; }

    /// <summary>Called before each piece of content: a file may be long, and whoever copies it may be asked to stop.</summary>
    public Action? BeforeContent { get; set; }

    /// <summary>Writes the headers; <see cref="TarEntry.Size"/> bytes of content have to follow by <see cref="Content"/>, and then <see cref="EndContent"/>.</summary>
    public void Begin(TarEntry entry)
    {
        if (!TarHeader.Fits(entry)) WriteRecords(entry);
        TarHeader.Write(_block, Cut(entry), Flag(entry.Kind), NamesRoot && entry.Uid == 0, NamesRoot && entry.Gid == 0);
        archive.Write(_block);
    }

    public void Content(ReadOnlySpan<byte> bytes)
    {
        BeforeContent?.Invoke();
        archive.Write(bytes);
    }

    public void EndContent(long size)
    {
        _block.AsSpan().Clear();
        archive.Write(_block.AsSpan(0, (int)(-size & (TarHeader.BlockSize - 1))));
    }

    /// <summary>A small file with content at hand.</summary>
    public void Write(TarEntry entry, ReadOnlySpan<byte> content)
    {
        entry.Size = content.Length;
        Begin(entry);
        Content(content);
        EndContent(content.Length);
    }

    /// <summary>The two empty blocks that close an archive.</summary>
    public void End()
    {
        _block.AsSpan().Clear();
        archive.Write(_block);
        archive.Write(_block);
        archive.Flush();
    }

    private void WriteRecords(TarEntry entry)
    {
        var records = PaxRecords.For(entry);
        TarHeader.Write(_block, new TarEntry { Name = "PaxHeaders/entry"u8.ToArray(), Mode = Mode.OwnerReadWriteOthersRead, Size = records.Length }, (byte)'x');
        archive.Write(_block);
        archive.Write(records);
        EndContent(records.Length);
    }

    // Numbers that do not fit are 0 in the header; who reads it has the records.
    private static TarEntry Cut(TarEntry entry) => new()
    {
        Kind = entry.Kind,
        Name = entry.Name,
        Target = entry.Target,
        Mode = entry.Mode,
        Uid = entry.Uid < 1 << 21 ? entry.Uid : 0,
        Gid = entry.Gid < 1 << 21 ? entry.Gid : 0,
        Size = entry.Size < 1L << 33 ? entry.Size : 0,
        ModifyTime = new Linux.Timestamp(entry.ModifyTime.Seconds is >= 0 and < 1L << 33 ? entry.ModifyTime.Seconds : 0, 0),
        DeviceMajor = entry.DeviceMajor,
        DeviceMinor = entry.DeviceMinor,
    };

    private static byte Flag(TarKind kind) => kind switch
    {
        TarKind.HardLink => (byte)'1',
        TarKind.SymbolicLink => (byte)'2',
        TarKind.CharDevice => (byte)'3',
        TarKind.BlockDevice => (byte)'4',
        TarKind.Directory => (byte)'5',
        TarKind.Fifo => (byte)'6',
        _ => (byte)'0',
    };
}
