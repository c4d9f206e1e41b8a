namespace OverlayFuse.Union;

/// <summary>The inode whose link count an nlink mark counts from.</summary>
internal enum NlinkBase : byte
{
    Upper = (byte)'U',
    Lower = (byte)'L',
}
