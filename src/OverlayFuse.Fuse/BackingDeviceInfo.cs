using System.Globalization;

namespace OverlayFuse.Fuse;

/// <summary>
/// How the kernel reads ahead and holds back writes for one mount: /sys/class/bdi. INIT cannot raise the read-ahead above
/// 128 KiB; root can, here.
/// </summary>
public static class BackingDeviceInfo
{
    /// <summary>Sets read-ahead and, where asked, the share of dirty memory (percent). Best effort: false where that is not allowed.</summary>
    public static bool TryTune(uint deviceMajor, uint deviceMinor, int readAheadKiB, int? maxRatio = null)
    {
        var directory = string.Create(CultureInfo.InvariantCulture, $"/sys/class/bdi/{deviceMajor}:{deviceMinor}");
        return SystemFile.TryWrite($"{directory}/read_ahead_kb", readAheadKiB) & (maxRatio is not { } ratio || SystemFile.TryWrite($"{directory}/max_ratio", ratio));
    }
}
