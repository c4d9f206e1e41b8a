using System.Buffers.Binary;

namespace OverlayFuse.Union;

/// <summary>Walks the records of a <see cref="RecordFile"/> up to the first that is torn.</summary>
/// <param name="isChecked">The checksums have been looked at already.</param>
internal ref struct RecordReader(ReadOnlySpan<byte> records, bool isChecked = false)
{
    private ReadOnlySpan<byte> _rest = records;

    public ReadOnlySpan<byte> Current { get; private set; }

    /// <summary>Bytes of the records passed so far.</summary>
    public int Passed { get; private set; }

    /// <summary>Bytes of those to come.</summary>
    public readonly int Remaining => _rest.Length;

    public bool MoveNext()
    {
        if (_rest.Length < RecordFile.FrameLength) return false;

        var length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[4..]);
        if (length == 0 || _rest.Length < RecordFile.FrameLength + length) return false;

        var end = RecordFile.FrameLength + length;
        if (!isChecked && BinaryPrimitives.ReadUInt32LittleEndian(_rest) != Crc32C.Of(_rest[4..end])) return false;

        Current = _rest[RecordFile.FrameLength..end];
        _rest = _rest[end..];
        Passed += end;
        return true;
    }
}
