using OverlayFuse.Linux;

namespace OverlayFuse.Image;

/// <summary>What another program writes; its end counts only when the program ended well.</summary>
internal sealed class FilterOutput(Fd pipe, int pid, string tool) : OneWayStream
{
    private bool _isOver;

    public override int Read(Span<byte> buffer)
    {
        if (_isOver || buffer.IsEmpty) return 0;
        var error = Syscall.Read(pipe, buffer, out var count);
        if (error != Errno.None) throw new InvalidDataException($"{tool} could not unpack it ({error.Describe()})");
        if (count > 0) return count;
        End(out var exitCode);
        return exitCode == 0 ? 0 : throw new InvalidDataException($"{tool} could not unpack it (exit code {exitCode})");
    }

    protected override void Dispose(bool disposing)
    {
        if (!_isOver) End(out _); // its pipe is closed, so it ends
        base.Dispose(disposing);
    }

    private void End(out int exitCode)
    {
        _isOver = true;
        pipe.Close();
        _ = Syscall.WaitPid(pid, out exitCode);
    }
}
