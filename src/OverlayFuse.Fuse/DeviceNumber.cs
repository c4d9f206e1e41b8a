namespace OverlayFuse.Fuse;

/// <summary>A device number as the protocol carries it (new_encode_dev of the kernel): minor bits 0-7, major 8-19, minor 20-31.</summary>
public static class DeviceNumber
{
    public static uint Encode(uint major, uint minor) => (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);

    public static (uint Major, uint Minor) Decode(uint encoded) => ((encoded & 0xfff00) >> 8, (encoded & 0xff) | ((encoded >> 12) & 0xfff00));
}
