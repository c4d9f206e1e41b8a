using System.Globalization;
using OverlayFuse.Image;

namespace OverlayFuse.Container;

/// <summary>--memory, --cpus and --shm-size, read. Pure.</summary>
internal static class Limits
{
    private const int Refused = 125;
    private const long LeastMemory = 6L << 20; // docker's: with less a container cannot even start
    private const decimal Nano = 1_000_000_000;

    /// <exception cref="RefusedException">It is no size, in docker's words.</exception>
    public static long Memory(string? text)
    {
        if (text is null) return 0;
        var bytes = SizeText.Parse(text) ?? throw new RefusedException($"invalid argument \"{text}\" for \"-m, --memory\" flag: invalid size: '{text}'", Refused);
        return bytes is 0 or >= LeastMemory ? bytes : throw new RefusedException("Minimum memory limit allowed is 6MB.");
    }

    /// <summary>0 is docker's usual size, too.</summary>
    /// <exception cref="RefusedException">It is no size, in docker's words.</exception>
    public static long SharedMemory(string? text)
    {
        if (text is null) return ContainerRecord.UsualShmSize;
        var bytes = SizeText.Parse(text) ?? throw new RefusedException($"invalid argument \"{text}\" for \"--shm-size\" flag: invalid size: '{text}'", Refused);
        return bytes > 0 ? bytes : ContainerRecord.UsualShmSize;
    }

    /// <exception cref="RefusedException">It is no number, or more than there are; in docker's words.</exception>
    public static long NanoCpus(string? text, int available)
    {
        if (text is null) return 0;
        if (!decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cpus))
            throw new RefusedException($"invalid argument \"{text}\" for \"--cpus\" flag: failed to parse {text} as a rational number", Refused);
        return cpus == 0 || (cpus >= 0.01m && cpus <= available)
            ? (long)(cpus * Nano)
            : throw new RefusedException(string.Create(CultureInfo.InvariantCulture, $"Range of CPUs is from 0.01 to {available}.00, as there are only {available} CPUs available."));
    }
}
