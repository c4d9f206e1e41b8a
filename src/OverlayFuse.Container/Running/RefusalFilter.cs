using OverlayFuse.Linux;

namespace OverlayFuse.Container;

/// <summary>Passes on what comes from one stream of the runtime and of the program it runs, and keeps back a refusal of the runtime's: nothing comes before or behind one.</summary>
internal sealed class RefusalFilter
{
    private readonly Fd _from;
    private readonly Fd _to;
    private readonly Thread _thread;
    private byte[] _kept = [];

    /// <param name="from">Closed at its end.</param>
    public RefusalFilter(Fd from, Fd to)
    {
        (_from, _to) = (from, to);
        _thread = new Thread(Pass) { IsBackground = true, Name = "errors" };
        _thread.Start();
    }

    private static ReadOnlySpan<byte> Refusal => "exec failed: "u8; // runc(8)

    /// <summary>Waits for the end of the stream.</summary>
    /// <param name="isRefused">What was kept back is a refusal, and not the program's own words.</param>
    /// <returns>Whether one was kept back.</returns>
    public bool Join(bool isRefused)
    {
        _thread.Join();
        if (!isRefused) _ = Syscall.WriteAll(_to, _kept);
        return isRefused && _kept.Length > 0;
    }

    private void Pass()
    {
        var buffer = new byte[1 << 16];
        for (var isFirst = true; Syscall.Read(_from, buffer, out var count) == Errno.None && count > 0; isFirst = false)
        {
            var said = buffer.AsSpan(0, count);
            if (isFirst && said.StartsWith(Refusal))
            {
                _kept = said.ToArray();
                continue;
            }
            _ = Syscall.WriteAll(_to, _kept);
            _kept = [];
            _ = Syscall.WriteAll(_to, said);
        }
        _from.Close();
    }
}
