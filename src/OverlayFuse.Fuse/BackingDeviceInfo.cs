using System.Globalization;

namespace OverlayFuse.Fuse;

/// <summary>
/// How the kernel reads ahead and holds back writes for one mount: /sys/class/bdi. INIT cannot raise the read-ahead above
/// 128 KiB; root can, here.
/// </summary>
public static class BackingDeviceInfo
{
    /// <summary>Sets the read-ahead and, where asked, the shares of dirty memory (percent). Best effort: false where that is not allowed.</summary>
    /// <param name="minRatio">
    /// Guaranteed to this mount. The kernel gives a FUSE mount a share that grows with what was written back, from nothing: without this the
    /// first gigabyte is held back for seconds. One percent each is enough, and leaves as much to a hundred mounts.
    /// </param>
    public static bool TryTune(uint deviceMajor, uint deviceMinor, int readAheadKiB, int? minRatio = null, int? maxRatio = null)
    {
        var directory = string.Create(CultureInfo.InvariantCulture, $"/sys/class/bdi/{deviceMajor}:{deviceMinor}");
        return SystemFile.TryWrite($"{directory}/read_ahead_kb", readAheadKiB) & TrySet("max_ratio", maxRatio) & TrySet("min_ratio", minRatio);

        bool TrySet(string name, int? ratio) => ratio is not { } value || SystemFile.TryWrite($"{directory}/{name}", value);
    }
}
