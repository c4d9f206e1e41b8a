using System.Diagnostics;
using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Cli;

/// <summary>One line on a terminal that says how far long work has come. Nothing in a pipe, and nothing for short work.</summary>
internal sealed class ProgressLine : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly Fd StandardError = new(2);

    private readonly bool _isTerminal = Syscall.IsTerminal(StandardError);
    private long _last = Stopwatch.GetTimestamp();
    private bool _isShown;

    public IProgress<T> For<T>(Func<T, string> describe) => new Reporter<T>(this, describe);

    public void Dispose()
    {
        if (_isShown) Write("\r\x1b[K");
    }

    private static void Write(string text) => _ = Syscall.WriteAll(StandardError, Encoding.ASCII.GetBytes(text));

    private sealed class Reporter<T>(ProgressLine line, Func<T, string> describe) : IProgress<T>
    {
        public void Report(T value)
        {
            if (!line._isTerminal || Stopwatch.GetElapsedTime(line._last) < Patience) return;
            line._last = Stopwatch.GetTimestamp();
            line._isShown = true;
            Write($"\r{describe(value)}\x1b[K");
        }
    }
}
