using System.Diagnostics;
using System.Globalization;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>The progress of a build, as docker's "--progress plain" has it: each line with the number of its step, on stderr. A quiet one says nothing but the step that failed.</summary>
internal sealed class BuildOutput(bool isQuiet)
{
    private const int MaxKept = 1 << 24;
    private const int LongestLine = 1 << 16; // what is longer is shown in pieces: there may be no end of it

    private readonly MemoryStream _step = new(); // of a quiet build: what the step has said so far
    private int _number;
    private long _started;

    public void Begin(string title)
    {
        _number++;
        _step.SetLength(0);
        _started = Stopwatch.GetTimestamp();
        Say($"#{_number} {title}");
    }

    public void Cached() => Say($"#{_number} CACHED\n");

    public void Done() => Say($"#{_number} DONE {Seconds()}s\n");

    public void Failed(string why)
    {
        Say($"#{_number} ERROR: {why}\n");
        if (isQuiet) _ = Syscall.WriteAll(new Fd(2), _step.ToArray());
    }

    public void Line(string text) => Say($"#{_number} {text}");

    /// <summary>Passes on what a program writes, until nobody holds the other end.</summary>
    public void Pass(Fd from)
    {
        var buffer = new byte[64 * 1024];
        var line = new List<byte>();
        while (Syscall.Read(from, buffer, out var count) == Errno.None && count > 0)
        {
            foreach (var b in buffer.AsSpan(0, count))
            {
                if (b != '\n') line.Add(b);
                if (b == '\n' || line.Count == LongestLine) PassLine(line);
            }
        }
        if (line.Count > 0) PassLine(line);
        from.Close();
    }

    private void PassLine(List<byte> line)
    {
        Line($"{Seconds()} {Encoding.UTF8.GetString([.. line])}");
        line.Clear();
    }

    private string Seconds() => Stopwatch.GetElapsedTime(_started).TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    private void Say(string text)
    {
        var line = Encoding.UTF8.GetBytes(text + "\n");
        if (!isQuiet) _ = Syscall.WriteAll(new Fd(2), line);
        else if (_step.Length < MaxKept) _step.Write(line);
    }
}
