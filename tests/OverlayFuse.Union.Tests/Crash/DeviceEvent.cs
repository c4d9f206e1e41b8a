namespace OverlayFuse.Union.Tests;

/// <summary>What a block device was told: bytes to write, or to flush its cache.</summary>
internal readonly record struct DeviceEvent(long Offset, byte[]? Bytes)
{
    public bool IsFlush => Bytes is null;
}
