using Microsoft.Win32.SafeHandles;

namespace OverlayFuse.Union.Tests;

/// <summary>
/// What a disk with a volatile cache may hold when the power goes: all that was written before its last flush, and of what came after that any sectors,
/// each as it was written at some time.
/// </summary>
/// <param name="before">The disk before the first event. It is brought forward: cuts are to be made in their order.</param>
/// <param name="sector">What is written whole or not at all.</param>
internal sealed class PowerCuts(DeviceEvent[] events, SafeFileHandle before, int sector) : IDisposable
{
    private int _synced;

    public int Events => events.Length;

    /// <summary>A time to cut the power: anywhere, or when something was made sure of just now.</summary>
    public int Choose(Random random)
    {
        var at = random.Next(1, events.Length + 1);
        return random.Next(2) == 0 ? at : Array.FindLastIndex(events, at - 1, e => e.IsFlush) is >= 0 and var flush ? flush + 1 : at;
    }

    /// <summary>Makes, in an empty file, the disk as it may be when the power goes after so many events.</summary>
    public void Make(int at, Random random, SafeFileHandle disk, Action<SafeFileHandle, SafeFileHandle> copy)
    {
        var flush = Array.FindLastIndex(events, at - 1, e => e.IsFlush);
        for (; _synced <= flush; _synced++)
        {
            if (!events[_synced].IsFlush) RandomAccess.Write(before, events[_synced].Bytes, events[_synced].Offset);
        }
        copy(before, disk);
        var keeps = Chooser(random);
        for (var i = flush + 1; i < at; i++) WriteTorn(events[i], disk, keeps);
    }

    public void Dispose() => before.Dispose();

    private void WriteTorn(DeviceEvent write, SafeFileHandle disk, Func<int, bool> keeps)
    {
        for (var done = 0; done < write.Bytes!.Length;)
        {
            var length = (int)Math.Min(sector - (write.Offset + done) % sector, write.Bytes.Length - done);
            if (keeps(done)) RandomAccess.Write(disk, write.Bytes.AsSpan(done, length), write.Offset + done);
            done += length;
        }
    }

    // Nothing, everything, sector by sector, write by write; asked with how much of a write was asked for before.
    private static Func<int, bool> Chooser(Random random)
    {
        var share = random.NextDouble();
        var keepsWrite = false;
        return random.Next(5) switch
        {
            0 => _ => false,
            1 => _ => true,
            2 or 3 => _ => random.NextDouble() < share,
            _ => done => keepsWrite = done == 0 ? random.NextDouble() < share : keepsWrite,
        };
    }
}
