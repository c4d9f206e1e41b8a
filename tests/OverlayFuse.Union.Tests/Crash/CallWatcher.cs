using System.Text;
using OverlayFuse.Linux;

namespace OverlayFuse.Union.Tests;

/// <summary>Counts the calls of one change, and stops the disk after one of them or has one fail.</summary>
internal sealed class CallWatcher : ISyscallWatcher
{
    private readonly List<string> _calls = [];

    /// <summary>After so many changing calls nothing reaches the disk any more, as if the daemon had died.</summary>
    public int StopAfter { get; init; } = int.MaxValue;

    /// <summary>Which call fails, all counted, from 0.</summary>
    public int FailAt { get; init; } = -1;

    /// <summary>How it fails.</summary>
    public Errno Failure { get; init; }

    /// <summary>Calls that change something.</summary>
    public int Changing { get; private set; }

    /// <summary>Those, and what opens and syncs.</summary>
    public int Count => _calls.Count;

    /// <summary>The failing call was to take something away.</summary>
    public bool FailsToRemove { get; private set; }

    /// <summary>What was called, for people.</summary>
    public string Calls => string.Join(", ", _calls.Select((call, i) => i == FailAt ? $"[{call}: {Failure}]" : call));

    public Errno Before(in WatchedCall call)
    {
        var number = _calls.Count;
        if (call.Changes && ++Changing > StopAfter) return Errno.IO;
        _calls.Add($"{call.Call} {Text(call.Name)} {Text(call.OtherName)}".Trim());
        if (number != FailAt) return Errno.None;
        FailsToRemove = call.Call is SyscallName.Unlink or SyscallName.Rmdir;
        return Failure;
    }

    private static string Text(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);
}
