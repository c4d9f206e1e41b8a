using System.Diagnostics;

namespace OverlayFuse.SideBySide;

/// <summary>How far a run is, on standard error: one line that is written over on a terminal, else a line for each round.</summary>
internal sealed class Progress(int steps)
{
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private int _done;

    public void Begin(string what)
    {
        if (_isTerminal) Console.Error.Write($"\r\e[K{100 * _done / Math.Max(steps, 1),3} %{Left()}  {Shorten(what)}");
    }

    public void End() => _done++;

    public void Say(string line) => Console.Error.WriteLine(_isTerminal ? $"\r\e[K{line}" : line);

    public void Close()
    {
        if (_isTerminal) Console.Error.Write("\r\e[K");
    }

    private string Left()
    {
        if (_done == 0) return "";
        var left = _time.Elapsed / _done * (steps - _done);
        return left.TotalMinutes >= 2 ? $", {left.TotalMinutes:0} min left" : $", {left.TotalSeconds:0} s left";
    }

    private static string Shorten(string what) => what.Length <= 60 ? what : what[..57] + "...";
}
